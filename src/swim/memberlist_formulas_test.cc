// memberlist's own tables for its formulas, timers and queues, played to our organs: the values of
// suspicion_test.go, util_test.go, awareness_test.go and queue_test.go (0.2.2). docs/proof.md says
// which of its tests is which of ours.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "swim/formulas.h"
#include "swim/gossip_queue.h"
#include "swim/health.h"
#include "swim/profile_pool.h"
#include "swim/roster.h"
#include "swim/suspicion.h"

namespace scrimp::swim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// ---- suspicion_test.go ----------------------------------------------------------------------

TEST(MemberlistFormulas, remaining_suspicion_time) {
    struct Case {
        int confirmed;
        seconds elapsed;
        milliseconds remaining;
    };
    // Memberlist asks for more confirmations than wanted too; here a Suspicion never counts them.
    for (const Case& each :
         {Case{0, seconds{0}, seconds{30}}, Case{1, seconds{2}, seconds{14}},
          Case{2, seconds{3}, milliseconds{4810}}, Case{3, seconds{4}, seconds{-2}},
          Case{4, seconds{5}, seconds{-3}}, Case{5, seconds{10}, seconds{-8}}}) {
        EXPECT_EQ(suspicion_patience(each.confirmed, 3, seconds{2}, seconds{30}) - each.elapsed,
                  each.remaining)
            << each.confirmed;
    }
}

TEST(MemberlistFormulas, suspicion_timer) {
    struct Confirmation {
        const char* from;
        bool is_news;
    };
    struct Case {
        std::vector<Confirmation> confirmations;
        milliseconds fires_after;
    };
    const std::vector<Case> cases{
        {{}, milliseconds{2000}},
        {{{"me", false}, {"foo", true}}, milliseconds{1250}},
        {{{"me", false}, {"foo", true}, {"foo", false}, {"foo", false}}, milliseconds{1250}},
        {{{"me", false}, {"foo", true}, {"bar", true}}, milliseconds{811}},
        {{{"me", false}, {"foo", true}, {"bar", true}, {"baz", true}}, milliseconds{500}},
        {{{"me", false}, {"foo", true}, {"bar", true}, {"baz", true}, {"zoo", false}},
         milliseconds{500}},
    };
    // 811 where memberlist's table says 810: it waits in real time and allows 25 ms; this is what
    // its remainingSuspicionTime gives.
    const Instant start{seconds{7}};
    for (const Case& each : cases) {
        Suspicion suspicion(start, "me", 3, milliseconds{500}, seconds{2});
        for (const Confirmation& said : each.confirmations) {
            EXPECT_EQ(suspicion.confirm(said.from), said.is_news) << said.from;
        }
        EXPECT_EQ(suspicion.deadline(), start + each.fires_after);
    }
}

TEST(MemberlistFormulas, suspicion_timer_without_confirmations_to_wait_for) {
    Suspicion suspicion(Instant{}, "me", 0, milliseconds{25}, seconds{30});
    EXPECT_FALSE(suspicion.confirm("foo"));
    EXPECT_EQ(suspicion.deadline(), Instant{milliseconds{25}});
}

TEST(MemberlistFormulas, suspicion_timer_fires_at_once_when_the_last_confirmation_comes_late) {
    Suspicion suspicion(Instant{}, "me", 1, milliseconds{100}, seconds{30});
    const Instant late{milliseconds{200}};
    EXPECT_GT(suspicion.deadline(), late);
    EXPECT_TRUE(suspicion.confirm("foo"));
    EXPECT_LE(suspicion.deadline(), late);
}

// ---- util_test.go ---------------------------------------------------------------------------

TEST(MemberlistFormulas, suspicion_timeout) {
    struct Case {
        std::size_t members;
        milliseconds timeout;
    };
    for (const Case& each : {Case{5, milliseconds{1000}}, Case{10, milliseconds{1000}},
                             Case{50, milliseconds{1698}}, Case{100, milliseconds{2000}},
                             Case{500, milliseconds{2698}}, Case{1000, milliseconds{3000}}}) {
        EXPECT_EQ(suspicion_timeout(3, each.members, seconds{1}) / 3, each.timeout);
    }
}

TEST(MemberlistFormulas, retransmit_limit) {
    EXPECT_EQ(retransmit_limit(3, 0), 0);
    EXPECT_EQ(retransmit_limit(3, 1), 3);
    EXPECT_EQ(retransmit_limit(3, 99), 6);
}

TEST(MemberlistFormulas, push_pull_scale_at_every_size_to_128) {
    for (std::size_t members = 0; members <= 128; ++members) {
        const int factor = members <= 32 ? 1 : members <= 64 ? 2 : 3;
        EXPECT_EQ(push_pull_interval(seconds{1}, members), factor * seconds{1}) << members;
    }
}

Member member(std::string name, State state = State::Alive, Instant changed_at = {}) {
    Profile profile;
    profile.name = std::move(name);
    return {intern(std::move(profile)), 1, state, changed_at};
}

TEST(MemberlistFormulas, dead_nodes_are_dropped_once_their_time_is_over) {
    // Changed 20 s ago, but for the second dead one, which changed 10 s ago; 15 s is the limit.
    const Instant now{seconds{100}};
    Random random(1);
    Roster roster(member("self"));
    const auto add = [&](const char* name, State state, seconds ago) {
        roster.add(member(name, state, now - ago), random);
    };
    add("dead-1", State::Dead, seconds{20});
    add("alive-1", State::Alive, seconds{20});
    add("dead-2", State::Dead, seconds{10});
    add("alive-2", State::Alive, seconds{20});
    add("dead-3", State::Dead, seconds{20});
    add("alive-3", State::Alive, seconds{20});
    while (roster.size() == 7) (void)roster.next_in_walk(now, seconds{15}, random);
    std::string names;
    for (const Member& kept : roster.members()) names += kept.profile->name + " ";
    EXPECT_EQ(names, "alive-1 alive-2 alive-3 dead-2 self ");
}

TEST(MemberlistFormulas, k_random_nodes_are_of_the_wanted_and_differ_from_draw_to_draw) {
    Random random(1);
    Roster roster(member("test0"));
    for (int i = 1; i < 90; ++i) {
        roster.add(member("test" + std::to_string(i), static_cast<State>(i % 3)), random);
    }
    const auto lives = [](const Member& each) { return each.state == State::Alive; };
    std::set<std::vector<const Member*>> draws;
    for (int draw = 0; draw < 3; ++draw) {
        const auto picked = roster.pick(3, random, lives);
        EXPECT_EQ(picked.size(), 3u);
        for (const Member* each : picked) {
            EXPECT_EQ(each->state, State::Alive);
            EXPECT_FALSE(roster.is_self(*each));
        }
        draws.insert(picked);
    }
    EXPECT_EQ(draws.size(), 3u);
}

// ---- awareness_test.go ----------------------------------------------------------------------

TEST(MemberlistFormulas, awareness) {
    struct Step {
        int delta;
        int score;
        seconds timeout;
    };
    Health health(8);
    for (const Step& step :
         {Step{0, 0, seconds{1}}, Step{-1, 0, seconds{1}}, Step{-10, 0, seconds{1}},
          Step{1, 1, seconds{2}}, Step{-1, 0, seconds{1}}, Step{10, 7, seconds{8}},
          Step{-1, 6, seconds{7}}, Step{-1, 5, seconds{6}}, Step{-1, 4, seconds{5}},
          Step{-1, 3, seconds{4}}, Step{-1, 2, seconds{3}}, Step{-1, 1, seconds{2}},
          Step{-1, 0, seconds{1}}, Step{-1, 0, seconds{1}}}) {
        health.apply(step.delta);
        EXPECT_EQ(health.score(), step.score);
        EXPECT_EQ(health.scaled(seconds{1}), step.timeout);
    }
}

// ---- queue_test.go --------------------------------------------------------------------------

/// What fits into `room` bytes at two of overhead a part; where memberlist's table plays with the
/// overhead, ours plays with the room.
std::vector<std::string> drawn(GossipQueue& queue, std::size_t room, int transmits_max) {
    std::vector<Bytes> parts;
    queue.draw(room, 127, transmits_max, parts);
    std::vector<std::string> texts;
    for (const Bytes& part : parts) texts.emplace_back(text_of(part));
    return texts;
}

TEST(MemberlistQueue, the_lesser_of_two_broadcasts_goes_first) {
    using Texts = std::vector<std::string>;
    GossipQueue by_transmits;
    by_transmits.add("told", to_bytes("0123456789"));
    (void)drawn(by_transmits, 100, 9);
    by_transmits.add("new", to_bytes("abcdefghij"));
    EXPECT_EQ(drawn(by_transmits, 100, 9), (Texts{"abcdefghij", "0123456789"}));

    GossipQueue by_length;
    by_length.add("long", to_bytes("0123456789ab"));
    by_length.add("short", to_bytes("0123456789"));
    EXPECT_EQ(drawn(by_length, 100, 9), (Texts{"0123456789ab", "0123456789"}));

    GossipQueue by_age;
    by_age.add("older", to_bytes("0123456789ab"));
    by_age.add("newer", to_bytes("ba9876543210"));
    EXPECT_EQ(drawn(by_age, 100, 9), (Texts{"ba9876543210", "0123456789ab"}));
}

TEST(MemberlistQueue, a_newer_broadcast_of_a_node_takes_the_place_of_the_older) {
    GossipQueue queue;
    for (const char* name : {"test", "foo", "bar"}) queue.add(name, to_bytes("old"));
    EXPECT_EQ(queue.size(), 3u);
    queue.add("test", to_bytes("new"));
    EXPECT_EQ(queue.size(), 3u);
    // The order of equals is newest first: what was replaced has the newest age.
    EXPECT_EQ(drawn(queue, 100, 9), (std::vector<std::string>{"new", "old", "old"}));
}

TEST(MemberlistQueue, as_many_are_drawn_as_fit) {
    const std::string text = ". this is a test.";  // With its digit 18 bytes.
    GossipQueue queue;
    for (const char* name : {"1", "2", "3", "4"}) queue.add(name, to_bytes(name + text));
    EXPECT_EQ(drawn(queue, 80, 3).size(), 4u) << "four times 18 + 2 are 80";
    EXPECT_EQ(drawn(queue, 79, 3).size(), 3u);
}

TEST(MemberlistQueue, what_reached_its_limit_is_gone) {
    GossipQueue queue;
    for (const char* name : {"1", "2", "3", "4"}) queue.add(name, to_bytes("18 bytes of a test"));
    ASSERT_EQ(retransmit_limit(1, 10), 2);
    EXPECT_EQ(drawn(queue, 79, 2).size(), 3u);
    EXPECT_EQ(drawn(queue, 79, 2).size(), 3u);
    EXPECT_EQ(drawn(queue, 79, 2).size(), 2u) << "only two are left";
    EXPECT_TRUE(queue.empty());
    EXPECT_TRUE(drawn(queue, 79, 2).empty());
}

TEST(MemberlistQueue, the_least_told_go_first) {
    GossipQueue queue;
    // Each is told together with those before it until the counts are 10, 7, 4, 3 and 0.
    for (const auto& [name, times] :
         {std::pair{"node1", 3}, {"node4", 3}, {"node3", 1}, {"node2", 3}, {"node0", 0}}) {
        queue.add(name, to_bytes(name));
        for (int i = 0; i < times; ++i) (void)drawn(queue, 100, 99);
    }
    EXPECT_EQ(drawn(queue, 100, 99),
              (std::vector<std::string>{"node0", "node2", "node3", "node4", "node1"}));
}

}  // namespace
}  // namespace scrimp::swim
