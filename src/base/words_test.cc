#include "base/words.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace scrimp {
namespace {

TEST(Words, lists_the_first_and_counts_the_rest) {
    using List = std::vector<std::string_view>;
    EXPECT_EQ(shortened_list(List{}, 2), "");
    EXPECT_EQ(shortened_list(List{"a", "b"}, 2), "a, b");
    EXPECT_EQ(shortened_list(std::set<std::string>{"d", "c", "b", "a"}, 2), "a, b and 2 more");
}

}  // namespace
}  // namespace scrimp
