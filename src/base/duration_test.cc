#include "base/duration.h"

#include <gtest/gtest.h>

namespace scrimp {
namespace {

using namespace std::chrono_literals;

// What Go 1.19's time.ParseDuration answers for the same texts.
TEST(Duration, reads_what_go_reads) {
    EXPECT_EQ(parse_duration("0"), Duration(0));
    EXPECT_EQ(parse_duration("+0"), Duration(0));
    EXPECT_EQ(parse_duration("300ms"), Duration(300ms));
    EXPECT_EQ(parse_duration("5s"), Duration(5s));
    EXPECT_EQ(parse_duration("1m30s"), Duration(90s));
    EXPECT_EQ(parse_duration("1.5h"), Duration(90min));
    EXPECT_EQ(parse_duration(".5s"), Duration(500ms));
    EXPECT_EQ(parse_duration("5.s"), Duration(5s));
    EXPECT_EQ(parse_duration("-1.5h"), Duration(-90min));
    EXPECT_EQ(parse_duration("1h15m30.918273645s"), Duration(4530918273645));
    EXPECT_EQ(parse_duration("10us"), Duration(10us));
    EXPECT_EQ(parse_duration("10\u00b5s"), Duration(10us));
    EXPECT_EQ(parse_duration("10\u03bcs"), Duration(10us));
    EXPECT_EQ(parse_duration("30s5m"), Duration(330s));
    EXPECT_EQ(parse_duration("0.9ns"), Duration(0));
    EXPECT_EQ(parse_duration("0.100000000000000000000h"), Duration(6min));
    EXPECT_EQ(parse_duration("0.3333333333333333333h"), Duration(20min));
    EXPECT_EQ(parse_duration("9223372036854775807ns"), Duration::max());
    EXPECT_EQ(parse_duration("-9223372036854775808ns"), Duration::min());
}

TEST(Duration, refuses_what_go_refuses) {
    for (const char* text : {"",
                             "3",
                             "-",
                             "s",
                             ".",
                             "-.",
                             ".s",
                             "+.s",
                             "1d",
                             "5 s",
                             " 5s",
                             "5s ",
                             "1e3s",
                             "5S",
                             "--5s",
                             "0x5s",
                             "3000000h",
                             "9223372036854775808ns",
                             "9223372036854.775808s",
                             "-9223372036854775809ns",
                             "18446744073709551616s",
                             "1m-30s"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
    EXPECT_FALSE(parse_duration(std::string_view("5s\0", 3)));
}

TEST(Duration, names_what_it_refuses_and_the_remedy) {
    EXPECT_EQ(parse_duration("5x\n").error().message,
              "'5x\\x0a' is not a duration; write it like 300ms, 5s, 1m30s or 1h");
}

}  // namespace
}  // namespace scrimp
