#include "sim/scenario.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;
using swim::Change;
using swim::State;

/// From the crash to the last one who knows: until somebody probes the dead node and waits out the
/// round (2 s), the longest suspicion, and the news' way (1 s).
Duration death_known_max(const Options& options, std::size_t nodes) {
    return convergence_max(options.config, nodes) - 2 * options.config.push_pull_interval;
}

TEST(Failure, a_crashed_node_is_declared_dead_by_all_and_nobody_else_is) {
    for (const std::size_t nodes : {2U, 3U, 5U, 20U}) {
        Scenario world;
        const auto ids = world.converged_cluster(nodes);
        world.kill(ids.back());
        EXPECT_TRUE(
            world.all_see_within(death_known_max(world.options(), nodes), ids.back(), State::Dead))
            << nodes;
        EXPECT_EQ(world.count(Change::Failed), nodes - 1);
        EXPECT_EQ(world.count(Change::Left), 0U);
    }
}

TEST(Failure, a_machine_without_power_is_declared_dead_by_all) {
    Scenario world;
    const auto ids = world.converged_cluster(5);
    world.kill(ids[3], true);
    EXPECT_TRUE(world.all_see_within(death_known_max(world.options(), 5), ids[3], State::Dead));
    EXPECT_EQ(world.count(Change::Failed), 4U);
}

TEST(Failure, half_of_a_cluster_can_die_at_once) {
    Scenario world;
    const auto ids = world.converged_cluster(20);
    for (std::size_t i = 10; i < 20; ++i) world.kill(ids[i]);
    EXPECT_TRUE(world.converges_within(convergence_max(world.options().config, 20)));
    EXPECT_EQ(world.count(Change::Failed), 100U);
}

TEST(Failure, a_crash_is_noticed_under_loss_and_the_living_stay) {
    for (const double loss : {0.05, 0.15}) {
        Scenario world(lossy(loss));
        const auto ids = world.converged_cluster(10);
        world.kill(ids[7]);
        EXPECT_TRUE(
            world.all_see_within(death_known_max(world.options(), 10), ids[7], State::Dead));
        EXPECT_EQ(world.count(Change::Failed), 9U) << loss;
    }
}

TEST(Failure, the_profile_of_the_original_notices_a_crash_too) {
    Options options = lan();
    options.config = swim::original_profile();
    Scenario world(options);
    const auto ids = world.converged_cluster(3);
    world.kill(ids[2]);
    // Suspicion of 2 s, up to three rounds until two nodes' turn comes, one round of waiting.
    EXPECT_TRUE(world.all_see_within(7s, ids[2], State::Dead));
}

TEST(Leave, is_seen_as_left_by_all_and_nobody_says_failed) {
    for (const std::size_t nodes : {2U, 5U, 20U}) {
        Scenario world;
        const auto ids = world.converged_cluster(nodes);
        world.leave(ids.back());
        EXPECT_TRUE(world.all_see_within(3s, ids.back(), State::Left)) << nodes;
        world.run_for(40s);
        EXPECT_FALSE(world.host(ids.back()).running());
        EXPECT_EQ(world.count(Change::Left), nodes - 1) << nodes;
        EXPECT_EQ(world.count(Change::Failed), 0U) << nodes;
    }
}

TEST(Leave, is_heard_under_loss) {
    Scenario world(lossy(0.2));
    const auto ids = world.converged_cluster(10);
    world.leave(ids[4]);
    EXPECT_TRUE(world.all_see_within(60s, ids[4], State::Left));
    EXPECT_EQ(world.count(Change::Failed), 0U);
}

TEST(Leave, of_a_node_alone_ends_at_once) {
    Scenario world;
    const HostId lonely = world.spawn();
    world.leave(lonely);
    EXPECT_FALSE(world.host(lonely).running());
}

TEST(Pause, of_two_seconds_ends_in_a_refutation_and_nobody_is_dead) {
    Scenario world;
    const auto ids = world.converged_cluster(10);
    world.pause(ids[5]);
    EXPECT_TRUE(world.run_until(10s, [&] { return world.count(Change::Suspected) > 0; }));
    world.run_for(200ms);
    world.resume(ids[5]);
    EXPECT_TRUE(world.converges_within(10s));
    EXPECT_EQ(world.count(Change::Failed), 0U);
    EXPECT_GT(world.host(ids[5]).node().self().incarnation, 1U);
}

TEST(Pause, of_a_minute_ends_in_a_return_from_the_dead) {
    Scenario world;
    const auto ids = world.converged_cluster(5);
    world.pause(ids[2]);
    EXPECT_TRUE(world.all_see_within(60s, ids[2], State::Dead));
    world.run_for(60s);
    world.resume(ids[2]);
    EXPECT_TRUE(world.converges_within(convergence_max(world.options().config, 5)));
}

TEST(Restart, under_the_same_name_and_address_is_a_member_again_within_seconds) {
    for (const Duration away : {Duration{10ms}, Duration{1s}, Duration{5s}, Duration{60s}}) {
        Scenario world;
        const auto ids = world.converged_cluster(5);
        world.kill(ids[3]);
        world.run_for(away);
        world.restart(ids[3]);
        world.join(ids[3], {ids[0]});
        EXPECT_TRUE(world.converges_within(3s)) << away.count();
        world.run_for(30s);
        EXPECT_FALSE(find_disagreement(world)) << away.count();
    }
}

TEST(Restart, after_leaving_is_a_member_again_within_seconds) {
    Scenario world;
    const auto ids = world.converged_cluster(5);
    world.leave(ids[3]);
    world.run_for(8s);
    world.restart(ids[3]);
    world.join(ids[3], {ids[1]});
    EXPECT_TRUE(world.converges_within(3s));
    EXPECT_EQ(world.count(Change::Failed), 0U);
}

TEST(Restart, of_a_dead_name_at_a_new_address_is_a_member_within_seconds) {
    Scenario world;
    const auto ids = world.converged_cluster(5);
    world.kill(ids[3], true);
    EXPECT_TRUE(world.all_see_within(60s, ids[3], State::Dead));
    const HostId heir = world.spawn(false, world.name(ids[3]));
    world.join(heir, {ids[0]});
    EXPECT_TRUE(world.converges_within(3s));
    EXPECT_EQ(world.view(ids[0], heir)->profile->endpoint, world.host(heir).spec().endpoint);
}

}  // namespace
}  // namespace scrimp::sim
