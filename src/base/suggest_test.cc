#include "base/suggest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace scrimp {
namespace {

constexpr std::array<std::string_view, 6> keys{"bind-address", "port",  "provider",
                                               "resolver",     "dummy", "nginx"};

TEST(Suggest, finds_the_word_a_slip_was_meant_to_be) {
    EXPECT_EQ(nearest("bind-adress", keys), "bind-address");
    EXPECT_EQ(nearest("bind_address", keys), "bind-address");
    EXPECT_EQ(nearest("Provider", keys), "provider");
    EXPECT_EQ(nearest("ngnix", keys), "nginx");
    EXPECT_EQ(nearest("prot", keys), "port");
}

TEST(Suggest, stays_silent_when_nothing_is_near) {
    EXPECT_FALSE(nearest("haproxy", keys));
    EXPECT_FALSE(nearest("", keys));
    EXPECT_FALSE(nearest("xy", keys));
    EXPECT_FALSE(nearest(std::string(65, 'p'), keys));
    EXPECT_FALSE(nearest("port", {}));
}

TEST(Suggest, takes_the_first_of_equally_near_words) {
    constexpr std::array<std::string_view, 2> twins{"abcx", "abcy"};
    EXPECT_EQ(nearest("abcd", twins), "abcx");
}

}  // namespace
}  // namespace scrimp
