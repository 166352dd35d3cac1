// The way in, as a node and its keeper find it together.
#include "sim/scenario.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;
using swim::Change;
using swim::State;

Options kept() {
    Options options = lan();
    options.keepers = true;
    return options;
}

TEST(KeptNodes, find_each_other_through_the_seed_store) {
    Scenario world(kept());
    world.spawn_cluster(10);
    EXPECT_TRUE(world.converges_within(5s));
}

TEST(KeptNodes, find_each_other_when_the_balancer_comes_last) {
    Scenario world(kept());
    for (int i = 0; i < 5; ++i) world.spawn();
    world.run_for(60s);
    world.spawn(true);
    // The longest back-off, then a fetch and a join.
    EXPECT_TRUE(world.converges_within(7s));
}

TEST(KeptNodes, keep_trying_for_ever_and_no_more_often_than_their_back_off) {
    Scenario world(kept());
    const HostId balancer = world.spawn(true);
    world.run_for(1s);
    world.kill(balancer);
    const HostId backend = world.spawn();
    const int tried = [&] {
        world.run_for(3600s);
        return world.host(backend).join_attempts();
    }();
    EXPECT_GE(tried, 3600 / 5 - 10);
    EXPECT_LE(tried, 3600 * 2 / 5 + 20);
    world.restart(balancer);
    EXPECT_TRUE(world.converges_within(7s));
}

TEST(KeptNodes, survive_a_seed_store_that_fails_half_of_the_time) {
    Options options = kept();
    options.seed_store_failure = 0.5;
    Scenario world(options);
    world.spawn_cluster(10);
    // Ten tries to publish, each a few seconds later after the one before.
    EXPECT_TRUE(world.converges_within(300s));
}

TEST(KeptNodes, are_a_cluster_again_within_seconds_of_their_balancers_return) {
    for (const Duration away : {Duration{1s}, Duration{10s}, Duration{300s}}) {
        Scenario world(kept());
        const auto ids = world.converged_cluster(6);
        world.kill(ids[0], true);
        world.run_for(away);
        world.restart(ids[0]);
        // A dial that met a silent machine holds a join for the stream timeout; then a back-off.
        EXPECT_TRUE(world.run_until(17s, [&] {
            return world.host(ids[0]).node().alive_count() == 6;
        })) << away.count();
        EXPECT_TRUE(world.converges_within(30s)) << away.count();
    }
}

TEST(KeptNodes, rejoin_after_a_partition_from_their_balancer) {
    Scenario world(kept());
    const auto ids = world.converged_cluster(8);
    const std::vector<HostId> near(ids.begin(), ids.begin() + 4);
    const std::vector<HostId> far(ids.begin() + 4, ids.end());
    world.cut(near, far);
    world.run_for(120s);
    EXPECT_EQ(world.host(far.front()).node().alive_count(), 4U);
    world.heal();
    EXPECT_TRUE(world.converges_within(20s));
}

TEST(KeptNodes, that_remember_each_other_and_start_together_find_the_rest) {
    Scenario world(kept());
    std::vector<HostId> ids;
    for (int i = 0; i < 4; ++i) ids.push_back(world.spawn(i < 2));
    ASSERT_TRUE(world.converges_within(15s));
    // Two islands with a balancer each, of which one loses power and wakes up to its neighbour.
    world.cut({ids[0], ids[2]}, {ids[1], ids[3]});
    ASSERT_TRUE(world.run_until(60s, [&] { return world.sees(ids[1], ids[0], State::Dead); }));
    ASSERT_TRUE(world.run_until(60s, [&] { return world.sees(ids[3], ids[2], State::Dead); }));
    world.kill(ids[1], true);
    world.kill(ids[3], true);
    ASSERT_TRUE(world.run_until(180s, [&] {
        return world.host(ids[0]).node().members().size() == 2 &&
               world.host(ids[2]).node().members().size() == 2;
    }));
    world.heal();
    world.restart(ids[1]);
    world.restart(ids[3]);
    EXPECT_TRUE(world.converges_within(15s));
}

TEST(KeptNodes, of_two_balancers_form_one_cluster) {
    Scenario world(kept());
    world.spawn(true);
    world.spawn(true);
    for (int i = 0; i < 6; ++i) world.spawn();
    EXPECT_TRUE(world.converges_within(15s));
}

}  // namespace
}  // namespace scrimp::sim
