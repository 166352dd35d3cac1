#include "app/outage.h"

#include <gtest/gtest.h>

#include "base/words.h"

namespace scrimp::app {

namespace {

using namespace std::chrono_literals;

constexpr Instant start{1h};

}  // namespace

TEST(Outage, is_told_at_once_and_when_it_is_over) {
    Outage outage("publishing");
    EXPECT_EQ(outage.handle_worked(start), std::nullopt);
    EXPECT_EQ(outage.handle_failed(start, "no such bucket"), "publishing failed: no such bucket");
    EXPECT_TRUE(outage.ongoing());
    EXPECT_EQ(outage.handle_failed(start + 10s, "no such bucket"), std::nullopt);
    EXPECT_EQ(outage.text(start + 20s), "publishing fails since 20 s: no such bucket");
    EXPECT_EQ(outage.handle_worked(start + 30s), "publishing works again after 2 failures in 30 s");
    EXPECT_FALSE(outage.ongoing());
    EXPECT_EQ(outage.handle_worked(start + 40s), std::nullopt);
}

TEST(Outage, of_a_night_is_a_dozen_lines_with_the_latest_reason) {
    Outage outage("publishing");
    int lines = 0;
    std::string last;
    for (Duration passed = 0s; passed < 8h; passed += 10s) {
        if (auto line = outage.handle_failed(start + passed, passed < 4h ? "down" : "forbidden")) {
            ++lines;
            last = *line;
        }
    }
    EXPECT_GE(lines, 10);
    EXPECT_LE(lines, 16);
    EXPECT_TRUE(last.starts_with("publishing fails since 7 h: forbidden (2")) << last;
}

TEST(Outage, begins_anew_after_it_was_over) {
    Outage outage("publishing");
    for (Duration passed = 0s; passed < 4h; passed += 10s) {
        (void)outage.handle_failed(start + passed, "down");
    }
    (void)outage.handle_worked(start + 4h);
    EXPECT_EQ(outage.handle_failed(start + 5h, "down"), "publishing failed: down");
    EXPECT_EQ(outage.handle_failed(start + 5h + 1min, "down"),
              "publishing fails since 60 s: down (2 times)");
}

TEST(Words, are_those_of_a_person) {
    EXPECT_EQ(counted(1, "member"), "1 member");
    EXPECT_EQ(counted(0, "member"), "0 members");
    EXPECT_EQ(rough_text(850ms), "850 ms");
    EXPECT_EQ(rough_text(20900ms), "20 s");
    EXPECT_EQ(rough_text(119s), "119 s");
    EXPECT_EQ(rough_text(3min + 59s), "3 min");
    EXPECT_EQ(rough_text(50h), "50 h");
}

}  // namespace scrimp::app
