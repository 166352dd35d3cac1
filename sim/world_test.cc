#include "sim/world.h"

#include "sim/scenario.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;

std::uint64_t play(std::uint64_t seed) {
    Options options = lossy(0.1);
    options.quality.duplication = 0.1;
    options.timer_late_max = 5ms;
    Scenario world(options, seed);
    const auto ids = world.spawn_cluster(8);
    world.plan(5s, [&] { world.kill(ids[3]); });
    world.plan(9s, [&] { world.restart(ids[3]); });
    world.plan(10s, [&] { world.join(ids[3], {ids[0]}); });
    world.run_for(30s);
    return world.trace().hash();
}

TEST(World, means_the_same_by_the_same_seed_and_something_else_by_another) {
    EXPECT_EQ(play(1), play(1));
    EXPECT_EQ(play(2), play(2));
    EXPECT_NE(play(1), play(2));
}

TEST(World, keeps_time_where_nothing_happens) {
    Scenario world;
    const Instant began = world.now();
    world.run_for(5s);
    EXPECT_EQ(world.now() - began, 5s);
    EXPECT_EQ(world.trace().events(), 0U);
}

TEST(World, does_what_was_planned_when_it_was_planned) {
    Scenario world;
    std::vector<Duration> done;
    const Instant began = world.now();
    for (const Duration delay : {Duration{3s}, Duration{1s}, Duration{2s}}) {
        world.plan(delay, [&] { done.push_back(world.now() - began); });
    }
    world.run_for(10s);
    EXPECT_EQ(done, (std::vector<Duration>{1s, 2s, 3s}));
}

TEST(Convergence, is_not_claimed_where_nodes_disagree) {
    Scenario world;
    world.spawn();
    EXPECT_FALSE(find_disagreement(world));
    world.spawn();
    EXPECT_TRUE(find_disagreement(world));
    world.join(HostId{1}, {HostId{0}});
    EXPECT_TRUE(world.converges_within(1s));
    world.kill(HostId{1}, true);
    EXPECT_TRUE(find_disagreement(world));
    EXPECT_FALSE(run_until_converged(world, 1s));
}

}  // namespace
}  // namespace scrimp::sim
