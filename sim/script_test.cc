#include "sim/script.h"

#include <gtest/gtest.h>

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;

constexpr const char* small = "nodes 5\nat 10s kill n3\nexpect within 5s all see n3 dead\n";

std::string error_of(std::string_view text) {
    const auto script = parse_script("a.txt", text);
    return script ? "" : script.error().message;
}

TEST(Script, is_a_cluster_and_what_is_done_to_it_and_what_must_come_true) {
    const Script script = parse_script("a.txt", small).value();
    EXPECT_EQ(script.nodes, 5U);
    ASSERT_EQ(script.steps.size(), 1U);
    EXPECT_EQ(script.steps[0].at, 10s);
    EXPECT_EQ(std::get<Deed>(script.steps[0].what).group, Group{3});
    ASSERT_EQ(script.expectations.size(), 1U);
    EXPECT_EQ(script.expectations[0].from, 10s);
    EXPECT_EQ(script.expectations[0].until, 15s);
    EXPECT_EQ(script.expectations[0].text, "expect within 5s all see n3 dead");
    EXPECT_EQ(script.length(), 15s);
}

TEST(Script, describes_the_network_and_changes_it_as_a_whole_or_for_some) {
    const Script script = parse_script("a.txt",
                                       "nodes 4\nloss 5%\nreordering 0.1 by 2s\n"
                                       "delay 1ms to 3ms\nat 1s loss 30% of 2-3\n"
                                       "at 2s duplication 1%\nexpect within 1s converged\n")
                              .value();
    EXPECT_DOUBLE_EQ(script.options.quality.loss, 0.05);
    EXPECT_EQ(script.options.quality.late_max, 2s);
    EXPECT_EQ(script.options.quality.delay_spread, 2ms);
    const auto some = std::get<Quality>(script.steps[0].what);
    EXPECT_EQ(some.group, (Group{2, 3}));
    EXPECT_DOUBLE_EQ(some.quality.loss, 0.3);
    const auto all = std::get<Quality>(script.steps[1].what);
    EXPECT_TRUE(all.group.empty());
    EXPECT_DOUBLE_EQ(all.quality.loss, 0.05);
    EXPECT_DOUBLE_EQ(all.quality.duplication, 0.01);
}

TEST(Script, spreads_a_deed_over_time) {
    const Script script =
        parse_script("a.txt", "nodes 3\nat 1s restart all every 2s\nexpect no death until 9s\n")
            .value();
    ASSERT_EQ(script.steps.size(), 3U);
    EXPECT_EQ(script.steps[2].at, 5s);
    EXPECT_EQ(std::get<Deed>(script.steps[2].what).group, Group{2});
    EXPECT_EQ(script.expectations[0].until, 9s);
}

TEST(Script, names_groups_by_numbers_ranges_and_lists) {
    const Script script = parse_script("a.txt",
                                       "nodes 9 # of them\nat 1s cut n0,3-4,4 from all one-way\n"
                                       "expect within 1s 50% see n001-2 gone\n")
                              .value();
    const auto cut = std::get<CutLinks>(script.steps[0].what);
    EXPECT_EQ(cut.from, (Group{0, 3, 4}));
    EXPECT_EQ(cut.to.size(), 9U);
    EXPECT_FALSE(cut.both_ways);
    EXPECT_EQ(std::get<Seen>(script.expectations[0].what).whom, (Group{1, 2}));
}

TEST(Script, says_file_line_and_remedy_of_a_mistake) {
    EXPECT_EQ(error_of("nodes 5\n\nat 1s kil n3\n"),
              "a.txt:3: 'kil' is not a statement; did you mean 'kill'?");
    EXPECT_EQ(error_of("nodes 5\nat 1s kill n5\n"),
              "a.txt:2: 'n5' names no nodes; they are n0 to n4: write n3, 0-4, or all");
    EXPECT_EQ(error_of("nodes 5\nat 9s heal\nat 8s heal\n"),
              "a.txt:3: time goes back; the statement above is later");
    EXPECT_EQ(error_of("at 1s heal\n"), "a.txt:1: 'nodes' must come before the first 'at'");
    EXPECT_EQ(error_of("nodes 5\nloss 200%\n"),
              "a.txt:2: '200%' is no share; write 5% or 0.05, at most 100%");
    EXPECT_EQ(error_of("nodes 5\nat 1s heal now\n"), "a.txt:2: 'now' is not expected here");
    EXPECT_EQ(error_of("nodes 5\nat 1s cut 1\n"), "a.txt:2: 'from' is missing at the end");
    EXPECT_EQ(error_of("nodes 5\n"),
              "a.txt: nothing is expected; add a line like 'expect within 30s converged'");
}

TEST(Script, refuses_what_contradicts_itself) {
    for (const char* text :
         {"", "nodes 0\n", "nodes 5\nnodes 4\n", "nodes 5\nat 1s heal\nloss 5%\n",
          "nodes 5\nknown\nabsent 1\nexpect within 1s converged\n", "nodes 5\nexpect\n",
          "nodes 5\nat 1s kill 3-1\n", "nodes 5\nat 1s kill 1,,2\n", "nodes 5\nprofile mars\n",
          "nodes 5\nat 5s\nexpect no death until 4s\n", "nodes 5\ndelay 3ms to 1ms\n"}) {
        EXPECT_NE(error_of(text), "") << text;
    }
}

TEST(Script, is_bounded_in_every_way) {
    EXPECT_NE(error_of(std::string(script_bytes_max + 1, '\n')), "");
    EXPECT_NE(error_of("nodes 10001\n"), "");
    EXPECT_NE(error_of("nodes 2\nat 25h heal\n"), "");
    EXPECT_NE(error_of("nodes 2\nat 23h\nafter 2h heal\n"), "");
    EXPECT_NE(error_of("nodes 9000\nat 1s start all every 1m\n"), "");
    EXPECT_NE(error_of("nodes 9000\nat 1s kill all every 1s\nat 5h kill all every 1s\n"
                       "at 10h kill all every 1s\n"),
              "");
    std::string crowds = "nodes 10000\n";
    for (int i = 0; i < 200; ++i) crowds += "at 1s kill all\n";
    EXPECT_NE(error_of(crowds).find("name too many nodes"), std::string::npos);
    std::string list = "nodes 10000\nat 1s kill all";
    for (int i = 0; i < 5000; ++i) list += ",0-9999";
    EXPECT_NE(error_of(list + "\n"), "");
    EXPECT_LT(error_of("nodes 5\n" + std::string(60'000, 'x')).size(), 300U);
}

}  // namespace
}  // namespace scrimp::sim
