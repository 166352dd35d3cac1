#include "runtime/log.h"

#include <gtest/gtest.h>

namespace scrimp::runtime {

TEST(Log, cannot_be_broken_by_what_a_peer_says) {
    EXPECT_EQ(escape_line("a\nb\r\tc\x1b[2Jd\x7f"), "a\\nb\\r\\tc\\x1b[2Jd\\x7f");
    EXPECT_EQ(escape_line(std::string_view("nul\0!", 5)), "nul\\x00!");
    EXPECT_EQ(escape_line("C1 \xc2\x9b 31m"), "C1 \\xc2\\x9b 31m");
}

TEST(Log, leaves_readable_text_as_it_is) {
    EXPECT_EQ(escape_line("Grüße, 10.0.0.1 C:\\ \"x\""), "Grüße, 10.0.0.1 C:\\ \"x\"");
    EXPECT_EQ(escape_line(escape_line("a\nb")), escape_line("a\nb"));
}

TEST(Log, cuts_what_is_too_long) {
    const std::string line = escape_line(std::string(2 * log_line_bytes_max, '\n'));
    EXPECT_LE(line.size(), log_line_bytes_max + 8);
    EXPECT_TRUE(line.ends_with(" (cut)"));
}

TEST(LineBudget, lets_a_burst_through_and_then_a_trickle) {
    LineBudget budget;
    const Instant start{std::chrono::hours{1}};
    int passed = 0;
    for (int i = 0; i < 2000; ++i) passed += budget.take(start) ? 1 : 0;
    EXPECT_EQ(passed, static_cast<int>(LineBudget::burst));
    EXPECT_EQ(budget.take_left_out(), 2000U - static_cast<unsigned>(LineBudget::burst));
    EXPECT_EQ(budget.take_left_out(), 0U);
    passed = 0;
    for (int i = 0; i < 100; ++i) passed += budget.take(start + std::chrono::seconds{1}) ? 1 : 0;
    EXPECT_EQ(passed, static_cast<int>(LineBudget::lines_per_second));
}

}  // namespace scrimp::runtime
