#include "sim/scenario.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;
using swim::Change;
using swim::State;

TEST(Join, two_nodes_find_each_other_in_one_exchange) {
    Scenario world;
    world.spawn_cluster(2);
    EXPECT_TRUE(world.converges_within(100ms));
    EXPECT_EQ(world.host(HostId{1}).joins().size(), 1U);
    EXPECT_EQ(world.host(HostId{1}).joins().front().reached, 1);
}

// Alive news double their hearers at least each gossip round of 200 ms; 100 nodes take some ten.
TEST(Join, five_twenty_and_a_hundred_nodes_all_see_each_other) {
    for (const std::size_t nodes : {5U, 20U, 100U}) {
        Scenario world;
        world.spawn_cluster(nodes);
        EXPECT_TRUE(world.converges_within(nodes < 100 ? 3s : 6s)) << nodes;
        EXPECT_EQ(world.count(Change::Failed), 0U);
        world.run_for(20s);
        EXPECT_FALSE(find_disagreement(world));
        EXPECT_EQ(world.count(Change::Failed), 0U);
        EXPECT_EQ(world.count(Change::Suspected), 0U);
    }
}

TEST(Join, is_told_in_words_when_no_seed_answers) {
    Scenario world;
    const HostId lonely = world.spawn();
    const HostId gone = world.spawn();
    world.kill(gone);
    world.join(lonely, {gone});
    world.run_for(1s);
    ASSERT_EQ(world.host(lonely).joins().size(), 1U);
    EXPECT_EQ(world.host(lonely).joins().front().reached, 0);
    EXPECT_EQ(world.host(lonely).joins().front().attempted, 1);
    EXPECT_NE(world.host(lonely).joins().front().last_error, "");
}

TEST(Join, ends_at_its_time_limit_when_the_seed_is_silent) {
    Scenario world;
    const HostId lonely = world.spawn();
    const HostId gone = world.spawn();
    world.kill(gone, true);
    world.join(lonely, {gone});
    world.run_for(world.options().config.stream_timeout + 1s);
    ASSERT_EQ(world.host(lonely).joins().size(), 1U);
    EXPECT_EQ(world.host(lonely).joins().front().reached, 0);
}

TEST(Join, reaches_those_seeds_that_answer) {
    Scenario world;
    world.spawn_cluster(3);
    const HostId gone = world.spawn();
    world.kill(gone);
    const HostId newcomer = world.spawn();
    world.join(newcomer, {gone, HostId{0}, HostId{2}});
    EXPECT_TRUE(world.converges_within(3s));
    ASSERT_EQ(world.host(newcomer).joins().size(), 1U);
    EXPECT_EQ(world.host(newcomer).joins().front().reached, 2);
    EXPECT_EQ(world.host(newcomer).joins().front().attempted, 3);
}

TEST(Join, works_under_loss_from_5_to_30_percent) {
    for (const double loss : {0.05, 0.15, 0.30}) {
        Scenario world(lossy(loss));
        world.spawn_cluster(10);
        // A dial whose first packet is lost is tried again after a second, then after two.
        EXPECT_TRUE(world.run_until(60s, [&] { return !find_disagreement(world); })) << loss;
        // At 30 % every tenth round finds no way at all: there some accusation may win.
        if (loss < 0.3) {
            EXPECT_EQ(world.count(Change::Failed), 0U) << loss;
        }
    }
}

TEST(Join, two_clusters_that_meet_become_one) {
    Scenario world;
    world.spawn_cluster(5);
    const HostId other = world.spawn();
    for (int i = 0; i < 4; ++i) world.join(world.spawn(), {other});
    world.run_for(5s);
    world.join(other, {HostId{0}});
    EXPECT_TRUE(world.converges_within(5s));
    EXPECT_EQ(world.host(other).node().alive_count(), 10U);
}

TEST(Join, is_lossless_with_keys_and_without_compression) {
    Options options = lan();
    options.config.envelope.compress = false;
    options.config.envelope.label = "blue";
    ASSERT_TRUE(options.config.envelope.keys.add(to_bytes("0123456789abcdef")));
    Scenario world(options);
    world.spawn_cluster(8);
    EXPECT_TRUE(world.converges_within(3s));
}

TEST(Join, of_a_second_claimant_of_a_name_is_refused_and_the_first_stays) {
    Scenario world;
    world.converged_cluster(4);
    const HostId impostor = world.spawn(false, "n002");
    world.join(impostor, {HostId{0}});
    world.run_for(20s);
    const auto seen = world.view(HostId{0}, HostId{2});
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->profile->endpoint, world.host(HostId{2}).spec().endpoint);
    EXPECT_EQ(seen->state, State::Alive);
}

}  // namespace
}  // namespace scrimp::sim
