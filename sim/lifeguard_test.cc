#include "sim/lifeguard.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/detection.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;

swim::Config setting(std::string_view name) {
    for (const LifeguardSetting& one : paper_settings()) {
        if (one.name == name) return one.config;
    }
    ADD_FAILURE() << name;
    return {};
}

// Few agents and one combination: enough to see the order of the paper's tables, quick under the
// sanitizers. The tables themselves: scrimplb-sim lifeguard.
TEST(Lifeguard, accuses_far_less_than_swim_where_agents_are_slow) {
    const Anomalies anomalies{.agents = 24, .slow = 5, .blocked = 32s, .open = 100ms};
    const IntervalOutcome swim = run_interval(setting("SWIM"), anomalies, 1);
    const IntervalOutcome whole = run_interval(setting("Lifeguard"), anomalies, 1);
    EXPECT_GT(swim.false_deaths, 300U);
    EXPECT_GT(swim.false_deaths_at_healthy, 0U);
    // 6 % with so few agents; of the paper's 128, 0.3 %.
    EXPECT_LT(whole.false_deaths * 10, swim.false_deaths);
    EXPECT_GE(swim.span, 120s);
    EXPECT_GT(swim.packets, 0U);
    EXPECT_GT(swim.bytes, swim.packets);
}

TEST(Lifeguard, finds_out_the_slow_as_soon_as_swim_does) {
    const Anomalies anomalies{.agents = 32, .slow = 4, .blocked = 32s, .open = {}};
    const auto median = [&](std::string_view name) {
        ThresholdOutcome outcome = run_threshold(setting(name), anomalies, 1);
        EXPECT_EQ(outcome.first.size(), 4U) << name;
        EXPECT_EQ(outcome.full.size(), 4U) << name;
        std::sort(outcome.first.begin(), outcome.first.end());
        return percentile(outcome.first, 0.5);
    };
    const Duration swim = median("SWIM");
    // alpha log10(32) is 7.5 s, and a probe comes before.
    EXPECT_GT(swim, 7s);
    EXPECT_LT(median("Lifeguard"), swim + swim / 10);
}

TEST(Lifeguard, gives_the_same_by_the_same_seed) {
    const Anomalies anomalies{.agents = 5, .slow = 2, .blocked = 16s, .open = 1s};
    const auto play = [&](std::uint64_t seed) {
        return run_interval(setting("our default"), anomalies, seed).bytes;
    };
    EXPECT_EQ(play(1), play(1));
    EXPECT_NE(play(1), play(2));
}

}  // namespace
}  // namespace scrimp::sim
