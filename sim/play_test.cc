#include "sim/play.h"

#include <gtest/gtest.h>

#include "sim/reports.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;

PlayReport play_text(std::string_view text, std::uint64_t seed = 1) {
    return play(parse_script("a.txt", text).value(), seed);
}

TEST(Play, tells_when_an_expectation_came_true) {
    const PlayReport report = play_text(
        "nodes 5\nat 20s kill n3\n"
        "expect within 20s all see n3 dead\n"
        "expect within 20s all see n3 gone\n"
        "expect within 20s all count 4\n"
        "expect no false death for 30s\n");
    EXPECT_TRUE(report.passed()) << text_of(report, true);
    EXPECT_GT(report.outcomes[0].after, 100ms);
    EXPECT_LT(report.outcomes[0].after, 20s);
    EXPECT_EQ(report.virtual_time, 50s);
}

TEST(Play, fails_where_an_expectation_does_not_come_true_and_says_what_was_seen) {
    const PlayReport report = play_text("nodes 3\nat 20s\nexpect within 1s all see n2 dead\n");
    ASSERT_FALSE(report.passed());
    EXPECT_EQ(report.outcomes[0].why, "0 of 2 do, n000 sees n002 as alive");
    EXPECT_NE(text_of(report, false).find("replay: ./dev sim run a.txt --seed 1 --trace"),
              std::string::npos);
}

TEST(Play, counts_a_death_against_who_expected_none) {
    const char* text = "nodes 3\nat 20s kill n2\nexpect no death for 30s\n";
    const PlayReport report = play_text(text);
    ASSERT_FALSE(report.passed());
    EXPECT_NE(report.outcomes[0].why.find("says so of n002"), std::string::npos);
    EXPECT_TRUE(play_text("nodes 3\nat 20s kill n2\nexpect no death of 0-1 for 30s\n").passed());
    EXPECT_TRUE(play_text("nodes 3\nat 20s kill n2\nexpect no false death for 30s\n").passed());
}

TEST(Play, is_content_with_the_share_that_was_asked_for) {
    const char* cut = "nodes 4\nat 20s cut n3 from 0-2\nat 20s metadata n0 new\n";
    EXPECT_TRUE(play_text(cut + std::string("expect within 2s 60% see n0 as-they-are\n")).passed());
    EXPECT_FALSE(
        play_text(cut + std::string("expect within 2s all see n0 as-they-are\n")).passed());
    EXPECT_FALSE(play_text(cut + std::string("expect within 2s n3 see n0 as-they-are\n")).passed());
}

TEST(Play, starts_those_who_were_absent_and_those_who_were_killed) {
    EXPECT_TRUE(play_text("nodes 4\nabsent 2-3\nat 10s\nexpect within 1s all count 2\n"
                          "at 12s start 2-3\nexpect within 5s converged\n"
                          "at 20s restart n1\nexpect within 5s all count 4\n"
                          "at 30s leave n3\nexpect within 5s all see n3 left\n")
                    .passed());
}

TEST(Play, stops_a_clock_with_its_machine_or_without_it) {
    for (const char* verb : {"pause", "freeze"}) {
        const PlayReport report = play_text("nodes 4\nat 20s " + std::string(verb) +
                                            " n2\nat 50s resume n2\nexpect within 10s converged\n"
                                            "expect no death of n0-1,n3 for 30s\n");
        EXPECT_TRUE(report.passed()) << verb << text_of(report, true);
    }
}

TEST(Play, makes_a_slow_node_slow_and_quick_again) {
    const PlayReport report = play_text(
        "nodes 4\nat 20s slow n2 by 100ms\nexpect no death for 1m\n"
        "at 80s slow n2 by 0s\nat 81s metadata n2 new\n"
        "expect within 2s all see n2 as-they-are\n");
    EXPECT_TRUE(report.passed()) << text_of(report, true);
}

TEST(Play, is_a_function_of_its_seed) {
    const char* text = "nodes 4\nloss 10%\nat 20s\nexpect within 10s converged\n";
    EXPECT_EQ(play_text(text, 3).hash, play_text(text, 3).hash);
    EXPECT_NE(play_text(text, 3).hash, play_text(text, 4).hash);
}

}  // namespace
}  // namespace scrimp::sim
