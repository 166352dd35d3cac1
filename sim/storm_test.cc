#include "sim/storm.h"

#include <gtest/gtest.h>

namespace scrimp::sim {
namespace {

// A few here; the test sim_scenarios runs more, and scrimplb-sim hundreds.
constexpr std::uint64_t storms = 4;

TEST(Storm, is_survived_without_a_broken_rule_and_followed_by_convergence) {
    for (std::uint64_t seed = 101; seed <= 100 + storms; ++seed) {
        const StormReport report = run_storm(seed);
        EXPECT_TRUE(report.passed())
            << report.complaint << report.disagreement << "\nreplay: " << replay_command(report);
    }
}

TEST(Storm, is_the_same_for_the_same_seed) {
    const StormReport once = run_storm(77, 6);
    const StormReport again = run_storm(77, 6);
    EXPECT_EQ(once.hash, again.hash);
    EXPECT_EQ(once.events, again.events);
    EXPECT_NE(once.hash, run_storm(78, 6).hash);
}

}  // namespace
}  // namespace scrimp::sim
