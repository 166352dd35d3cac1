#include "sim/scenario.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;
using swim::Change;
using swim::State;

using Group = std::vector<HostId>;

std::pair<Group, Group> halves(const Group& ids) {
    const auto middle = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() / 2);
    return {Group(ids.begin(), middle), Group(middle, ids.end())};
}

TEST(Partition, of_two_seconds_is_forgotten_without_a_death) {
    Scenario world;
    const auto [left, right] = halves(world.converged_cluster(10));
    world.cut(left, right);
    world.run_for(2s);
    world.heal();
    EXPECT_TRUE(world.converges_within(20s));
    EXPECT_EQ(world.count(Change::Failed), 0U);
}

TEST(Partition, of_a_minute_splits_the_view_and_one_join_heals_it) {
    Scenario world;
    const auto [left, right] = halves(world.converged_cluster(10));
    world.cut(left, right);
    world.run_for(60s);
    for (const HostId id : left) EXPECT_EQ(world.host(id).node().alive_count(), 5U);
    for (const HostId id : right) EXPECT_EQ(world.host(id).node().alive_count(), 5U);
    world.heal();
    world.join(right.front(), {left.front()});
    EXPECT_TRUE(world.converges_within(30s));
}

TEST(Partition, that_outlasts_every_memory_of_the_dead_heals_by_itself_within_a_minute) {
    Scenario world;
    const auto [left, right] = halves(world.converged_cluster(10));
    world.cut(left, right);
    world.run_for(300s);
    world.heal();
    EXPECT_TRUE(world.converges_within(60s));
}

TEST(Partition, of_twenty_that_outlasts_every_timeout_heals_within_a_minute) {
    Scenario world;
    const auto [left, right] = halves(world.converged_cluster(20));
    world.cut(left, right);
    world.run_for(600s);
    for (const HostId id : left) EXPECT_EQ(world.host(id).node().members().size(), 10U);
    world.heal();
    EXPECT_TRUE(world.converges_within(60s));
}

/// Nobody remembers anybody of the other side; each side's balancer is named by the seeds.
TEST(Partition, whose_sides_were_both_started_anew_heals_through_the_seeds) {
    Options options = lan();
    options.keepers = true;
    options.remembers = false;
    Scenario world(options);
    Group ids;
    for (int i = 0; i < 8; ++i) ids.push_back(world.spawn(i == 0 || i == 4));
    EXPECT_TRUE(world.converges_within(60s));
    const auto [left, right] = halves(ids);
    world.cut(left, right);
    world.run_for(120s);
    for (const HostId id : ids) {
        world.kill(id);
        world.run_for(1s);
        world.restart(id);
        world.run_for(2s);
    }
    world.run_for(120s);
    for (const HostId id : ids) EXPECT_EQ(world.host(id).node().alive_count(), 4U);
    world.heal();
    EXPECT_TRUE(world.converges_within(60s));
}

TEST(Stall, of_one_node_makes_it_accuse_nobody) {
    Scenario world;
    const auto ids = world.converged_cluster(5);
    for (const Duration stall : {300ms, 2000ms, 10'000ms, 60'000ms}) {
        const std::size_t before = world.sightings().size();
        world.pause(ids[2]);
        world.run_for(stall);
        world.resume(ids[2]);
        world.run_for(30s);
        for (std::size_t i = before; i < world.sightings().size(); ++i) {
            const Sighting& sighting = world.sightings()[i];
            EXPECT_FALSE(sighting.observer == ids[2] && sighting.change == Change::Suspected)
                << sighting.name;
        }
        EXPECT_TRUE(world.converges_within(60s));
    }
}

TEST(Stall, of_three_seconds_costs_no_life) {
    Scenario world;
    const auto ids = world.converged_cluster(5);
    for (int i = 0; i < 20; ++i) {
        const HostId victim = ids[static_cast<std::size_t>(i) % ids.size()];
        world.pause(victim);
        world.run_for(3s);
        world.resume(victim);
        world.run_for(10s);
    }
    EXPECT_EQ(world.count(Change::Failed), 0U) << "its host took our streams: it was there";
}

TEST(Partition, one_way_between_two_nodes_is_bridged_by_the_others) {
    Scenario world;
    const auto ids = world.converged_cluster(6);
    world.cut({ids[1]}, {ids[2]}, everything, false);
    world.run_for(120s);
    EXPECT_EQ(world.count(Change::Failed), 0U);
}

TEST(Partition, that_blocks_a_node_one_way_is_noticed_and_healed) {
    Scenario world;
    const auto ids = world.converged_cluster(6);
    world.cut({ids[5]}, {ids[0], ids[1], ids[2], ids[3], ids[4]}, everything, false);
    EXPECT_TRUE(world.run_until(120s, [&] { return world.sees(ids[0], ids[5], State::Dead); }));
    world.heal();
    EXPECT_TRUE(world.converges_within(convergence_max(world.options().config, 6)));
}

TEST(BlockedPackets, between_two_nodes_leave_both_alive_by_tcp) {
    Scenario world;
    const auto ids = world.converged_cluster(2);
    world.cut({ids[0]}, {ids[1]}, packets_only);
    world.run_for(120s);
    EXPECT_EQ(world.count(Change::Failed), 0U);
    EXPECT_TRUE(world.sees(ids[0], ids[1], State::Alive));
}

TEST(BlockedPackets, everywhere_leave_all_alive_by_tcp) {
    Scenario world;
    const auto ids = world.converged_cluster(8);
    world.cut(ids, ids, packets_only);
    world.run_for(120s);
    EXPECT_EQ(world.count(Change::Failed), 0U);
}

}  // namespace
}  // namespace scrimp::sim
