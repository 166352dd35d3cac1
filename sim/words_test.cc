#include "sim/words.h"

#include <gtest/gtest.h>

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;

TEST(Share, is_written_as_percent_or_as_a_fraction) {
    EXPECT_DOUBLE_EQ(parse_share("5%").value(), 0.05);
    EXPECT_DOUBLE_EQ(parse_share("0.05").value(), 0.05);
    EXPECT_DOUBLE_EQ(parse_share("0.5%").value(), 0.005);
    EXPECT_DOUBLE_EQ(parse_share("100%").value(), 1);
    EXPECT_DOUBLE_EQ(parse_share("0").value(), 0);
}

TEST(Share, is_neither_negative_nor_more_than_all_nor_anything_else) {
    for (const char* text : {"", "%", "-1%", "101%", "5", "nan", "inf", "5 %", "5%%", "x", "0x1"}) {
        const auto share = parse_share(text);
        ASSERT_FALSE(share) << text;
        EXPECT_NE(share.error().message.find("write 5%"), std::string::npos);
    }
}

TEST(Span, is_written_as_in_Go_and_never_negative_or_endless) {
    EXPECT_EQ(parse_span("1m30s").value(), 90s);
    EXPECT_EQ(parse_span("250ms").value(), 250ms);
    EXPECT_EQ(parse_span("0").value(), 0s);
    for (const char* text : {"", "-1s", "10", "1d", "9000h"})
        EXPECT_FALSE(parse_span(text)) << text;
}

TEST(Profile, is_found_by_name_or_told_what_was_meant) {
    EXPECT_EQ(parse_profile("original").value().suspicion_mult, 2);
    EXPECT_NE(parse_profile("orignal").error().message.find("did you mean 'original'?"),
              std::string::npos);
    EXPECT_NE(parse_profile("mars").error().message.find("there are lan"), std::string::npos);
}

}  // namespace
}  // namespace scrimp::sim
