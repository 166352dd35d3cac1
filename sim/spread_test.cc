#include "sim/spread.h"

#include "sim/scenario.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;

TEST(Spread, of_every_news_is_within_a_quarter_more_than_the_formula) {
    SpreadOptions options{.options = lan()};
    options.nodes = 150;
    options.quiet = 2s;
    const Spread spread = measure_spread(options);
    EXPECT_EQ(spread.complaint, "");
    ASSERT_EQ(spread.curves.size(), 3U);
    for (const SpreadCurve& curve : spread.curves) {
        EXPECT_EQ(curve.reached, curve.audience) << curve.news;
        ASSERT_EQ(curve.reached_after.size(), spread_shares.size()) << curve.news;
        for (std::size_t i = 0; i < spread_shares.size(); ++i) {
            const Duration bound =
                spread_formula(options.options.config, options.nodes, spread_shares[i]);
            EXPECT_LE(curve.reached_after[i], bound + bound / 4) << curve.news;
        }
    }
}

TEST(Spread, formula_gives_the_figures_of_serfs_simulator) {
    const swim::Config config = swim::lan_profile();
    EXPECT_EQ(spread_formula(config, 30, 0.5), 600ms);
    EXPECT_EQ(spread_formula(config, 30, 0.99), 1200ms);
    EXPECT_EQ(spread_formula(config, 1000, 0.9), 1400ms);
    EXPECT_EQ(spread_formula(config, 10'000, 0.5), 1400ms);
    EXPECT_EQ(spread_formula(config, 10'000, 0.99), 2s);
    EXPECT_EQ(spread_formula(config, 10'000, 0.9999), 2600ms);
}

TEST(Spread, begins_among_nodes_that_know_each_other) {
    Scenario world;
    world.spawn_known(20);
    EXPECT_FALSE(find_disagreement(world));
    world.run_for(5s);
    EXPECT_FALSE(find_disagreement(world));
    EXPECT_TRUE(world.sightings().empty());
}

}  // namespace
}  // namespace scrimp::sim
