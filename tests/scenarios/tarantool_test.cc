// Tarantool's list of SWIM scenarios (test/unit/swim.c), those that no other test of ours says
// already; docs/proof.md has the whole list. They need cuts, loss and long times, so they play on
// the simulator alone.
#include <cmath>

#include "sim/scenario.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;
using swim::Change;
using swim::State;

/// `who` hears nobody and nobody hears it.
void isolate(Scenario& world, const std::vector<HostId>& ids, HostId who) {
    std::vector<HostId> others = ids;
    std::erase(others, who);
    world.cut(others, {who});
}

std::uint32_t incarnation(const Scenario& world, HostId observer, HostId subject) {
    return world.view(observer, subject)->incarnation;
}

// swim_test_basic_failure_detection
TEST(Tarantool, a_silent_member_is_alive_suspected_dead_forgotten_and_back) {
    Scenario world;
    const auto ids = world.converged_cluster(2);
    isolate(world, ids, ids[1]);
    world.run_for(400ms);
    EXPECT_TRUE(world.sees(ids[0], ids[1], State::Alive)) << "one missing answer is no suspicion";
    EXPECT_TRUE(world.run_until(5s, [&] { return world.sees(ids[0], ids[1], State::Suspect); }));
    world.run_for(500ms);
    EXPECT_TRUE(world.sees(ids[0], ids[1], State::Suspect)) << "nor is a suspicion a death";
    EXPECT_TRUE(world.run_until(60s, [&] { return world.sees(ids[0], ids[1], State::Dead); }));
    const Duration kept = world.options().config.gossip_to_the_dead;
    world.run_for(kept - 5s);
    EXPECT_TRUE(world.sees(ids[0], ids[1], State::Dead)) << "kept while others may need to hear";
    EXPECT_TRUE(world.run_until(2 * kept, [&] { return !world.view(ids[0], ids[1]); }));
    world.heal();
    EXPECT_TRUE(world.converges_within(60s));
}

// swim_test_basic_gossip
TEST(Tarantool, a_suspicion_is_learned_of_another_before_ones_own_probe_could_tell) {
    Scenario world;
    const auto ids = world.converged_cluster(3);
    isolate(world, ids, ids[1]);
    const auto first = [&] {
        return world.sees(ids[0], ids[1], State::Suspect) ||
               world.sees(ids[2], ids[1], State::Suspect);
    };
    ASSERT_TRUE(world.run_until(10s, first));
    EXPECT_TRUE(world.run_until(500ms, [&] {
        return world.sees(ids[0], ids[1], State::Suspect) &&
               world.sees(ids[2], ids[1], State::Suspect);
    }));
}

// swim_test_refute
TEST(Tarantool, a_suspected_member_refutes_and_a_restart_is_a_new_generation) {
    Scenario world;
    const auto ids = world.converged_cluster(2);
    const std::uint32_t before = incarnation(world, ids[0], ids[1]);
    isolate(world, ids, ids[1]);
    ASSERT_TRUE(world.run_until(10s, [&] { return world.sees(ids[0], ids[1], State::Suspect); }));
    world.heal();
    EXPECT_TRUE(world.run_until(5s, [&] { return world.sees(ids[0], ids[1], State::Alive); }));
    const std::uint32_t refuted = incarnation(world, ids[0], ids[1]);
    EXPECT_GT(refuted, before);
    world.kill(ids[1]);
    world.restart(ids[1]);
    EXPECT_EQ(incarnation(world, ids[1], ids[1]), 1U) << "nothing is remembered";
    world.set_metadata(ids[1], "another payload");
    world.join(ids[1], {ids[0]});
    EXPECT_TRUE(world.converges_within(5s));
    EXPECT_GT(incarnation(world, ids[0], ids[1]), refuted);
}

// swim_test_too_big_packet
TEST(Tarantool, fifty_members_fit_no_packet_and_still_all_learn_of_all_and_of_a_death) {
    Options options = lan();
    options.config.envelope.compress = false;
    Scenario world(options);
    const HostId first = world.spawn();
    std::vector<HostId> ids{first};
    while (ids.size() < 50) {
        ids.push_back(world.spawn());
        // Long names of their own would do; long metadata does the same.
        world.set_metadata(ids.back(), std::string(400, 'm'));
        world.join(ids.back(), {first});
    }
    ASSERT_TRUE(world.converges_within(60s));
    world.kill(ids[25], true);
    EXPECT_TRUE(world.run_until(30s, [&] { return world.count(Change::Failed) > 0; }))
        << "the first knows soon, whatever the cluster's size";
    EXPECT_TRUE(world.all_see_within(10s, ids[25], State::Dead));
}

// swim_test_packet_loss
TEST(Tarantool, a_death_is_known_to_all_whatever_the_loss) {
    for (const double loss : {0.05, 0.10, 0.20, 0.30}) {
        Scenario world(lossy(loss));
        const auto ids = world.spawn_cluster(12);
        world.run_for(60s);
        world.kill(ids[0], true);
        EXPECT_TRUE(world.run_until(300s, [&] {
            for (std::size_t i = 1; i < ids.size(); ++i) {
                const auto seen = world.view(ids[i], ids[0]);
                if (seen && !swim::is_gone(seen->state)) return false;
            }
            return true;
        })) << loss;
    }
}

// swim_test_quit
TEST(Tarantool, who_quit_is_left_at_once_comes_back_and_strangers_never_meet_the_left) {
    Scenario world;
    const auto ids = world.converged_cluster(3);
    world.leave(ids[0]);
    EXPECT_TRUE(world.all_see_within(5ms, ids[0], State::Left)) << "told to all, without rounds";
    world.run_for(5s);
    world.restart(ids[0]);
    world.join(ids[0], {ids[1]});
    EXPECT_TRUE(world.converges_within(2s));
    world.leave(ids[0]);
    world.run_for(1s);
    const HostId newcomer = world.spawn();
    world.join(newcomer, {ids[1]});
    EXPECT_TRUE(world.converges_within(2s));
    EXPECT_FALSE(world.view(newcomer, ids[0]));
    EXPECT_EQ(world.count(Change::Failed), 0U);
}

// swim_test_payload_basic
TEST(Tarantool, a_payload_missed_by_gossip_comes_by_anti_entropy) {
    Scenario world;
    const auto ids = world.converged_cluster(3);
    const std::uint32_t before = incarnation(world, ids[0], ids[0]);
    world.cut({ids[0]}, {ids[1], ids[2]}, packets_only);
    world.set_metadata(ids[0], "third version");
    EXPECT_GT(incarnation(world, ids[0], ids[0]), before) << "each update raises it";
    EXPECT_TRUE(world.run_until(3 * world.options().config.push_pull_interval, [&] {
        for (const HostId id : {ids[1], ids[2]}) {
            const auto seen = world.view(id, ids[0]);
            if (!seen || text_of(seen->profile->metadata) != "third version") return false;
        }
        return true;
    }));
    EXPECT_EQ(world.count(Change::Failed), 0U) << "streams still tell that it lives";
}

// swim_test_slow_net
TEST(Tarantool, rounds_without_an_answer_pile_up_no_messages) {
    Scenario world;
    const auto ids = world.converged_cluster(2);
    world.run_for(5s);
    const auto sent = [&] { return world.host(ids[0]).node().stats().packets_sent; };
    isolate(world, ids, ids[1]);
    const std::uint64_t before = sent();
    world.run_for(5s);
    // Two pings a round, and what is gossiped of the suspicion: mult * digits times, to the
    // suspect.
    EXPECT_LE(sent() - before, 5U * 2 + 1U + 8U);
}

// swim_test_triggers
TEST(Tarantool, each_change_is_told_once_and_in_its_order) {
    Scenario world;
    const HostId observer = world.spawn();
    const HostId subject = world.spawn();
    world.join(subject, {observer});
    ASSERT_TRUE(world.converges_within(2s));
    world.set_metadata(subject, "123");
    ASSERT_TRUE(world.converges_within(2s));
    world.kill(subject, true);
    ASSERT_TRUE(world.run_until(60s, [&] { return world.sees(observer, subject, State::Dead); }));
    std::vector<Change> told;
    for (const Sighting& sighting : world.sightings()) {
        if (sighting.observer == observer) told.push_back(sighting.change);
    }
    EXPECT_EQ(told, (std::vector<Change>{Change::Joined, Change::Updated, Change::Suspected,
                                         Change::Failed}));
}

// swim_test_dissemination_speed
TEST(Tarantool, a_death_spreads_in_logarithmic_time_through_a_storm_of_updates) {
    constexpr std::size_t size = 64;
    Scenario world;
    const auto ids = world.spawn_cluster(size);
    ASSERT_TRUE(world.converges_within(convergence_max(world.options().config, size)));
    const Duration bound =
        static_cast<int>(std::log2(size) * 6) * world.options().config.gossip_interval;
    world.kill(ids[1], true);
    ASSERT_TRUE(world.run_until(60s, [&] { return world.count(Change::Failed) > 0; }));
    for (std::size_t i = 2; i < size; ++i) world.set_metadata(ids[i], "all at once");
    EXPECT_TRUE(world.all_see_within(bound, ids[1], State::Dead));
}

// swim_test_suspect_new_members
TEST(Tarantool, the_dead_brought_back_by_one_who_missed_it_are_found_out_again) {
    Scenario world;
    const auto ids = world.converged_cluster(3);
    world.kill(ids[0], true);
    world.pause(ids[2]);
    ASSERT_TRUE(world.run_until(180s, [&] { return !world.view(ids[1], ids[0]); }))
        << "the second has forgotten both";
    world.resume(ids[2]);
    EXPECT_TRUE(world.converges_within(convergence_max(world.options().config, 3)));
}

}  // namespace
}  // namespace scrimp::sim
