#include "swim/node.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "swim/cluster_test.h"

namespace scrimp::swim {
namespace {

using Peer = TestCluster::Peer;

TEST(Node, joins_through_a_seed_and_both_see_it) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2, "hello");
    cluster.join(b, a);
    cluster.run(milliseconds{20});
    EXPECT_EQ(TestCluster::story(a), "joined b");
    EXPECT_EQ(TestCluster::story(b), "joined a");
    ASSERT_EQ(b.joins.size(), 1u);
    EXPECT_EQ(b.joins[0].reached, 1);
    EXPECT_EQ(b.joins[0].last_error, "");
    EXPECT_EQ(text_of(TestCluster::view(a, "b")->profile->metadata), "hello");
    cluster.run(seconds{60});
    EXPECT_EQ(TestCluster::story(a), "joined b");
    EXPECT_EQ(a.node->stats().probes_failed, 0u);
}

TEST(Node, hears_by_gossip_of_members_it_never_met) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    Peer& c = cluster.start("c", 3);
    cluster.join(b, a);
    cluster.run(seconds{1});
    cluster.join(c, a);
    cluster.run(seconds{1});
    EXPECT_EQ(TestCluster::state(b, "c"), "alive");
    EXPECT_EQ(TestCluster::state(c, "b"), "alive");
}

TEST(Node, says_why_a_join_failed) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    const std::vector<Endpoint> seeds{at_host(9), at_host(1)};
    ASSERT_TRUE(a.node->join(cluster.now(), seeds));
    EXPECT_FALSE(a.node->join(cluster.now(), seeds)) << "one join at a time";
    cluster.drain(a);
    cluster.run(seconds{11});
    ASSERT_EQ(a.joins.size(), 1u);
    EXPECT_EQ(a.joins[0].reached, 0);
    EXPECT_EQ(a.joins[0].attempted, 1) << "we are no seed of ourselves";
    EXPECT_EQ(a.joins[0].last_error, "10.0.0.9:7946: connection refused");
    EXPECT_FALSE(a.node->join(cluster.now(), std::vector{at_host(1)}));
    EXPECT_FALSE(a.node->join(cluster.now(), {}));
}

TEST(Node, a_crashed_member_is_suspected_then_dead) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(seconds{2});
    cluster.crash(b);
    cluster.run(seconds{10});
    EXPECT_EQ(TestCluster::story(a), "joined b, suspected b, failed b");
    EXPECT_EQ(a.node->alive_count(), 1u);
    EXPECT_EQ(a.node->stats().health_score, 0) << "the other's host refused: we are well";
}

TEST(Node, a_killed_member_is_out_within_three_seconds_as_a_rule) {
    std::vector<Duration> times;
    for (int phase = 0; phase < 20; ++phase) {
        TestCluster cluster;
        Peer& a = cluster.start("a", 1);
        Peer& b = cluster.start("b", 2);
        Peer& c = cluster.start("c", 3);
        cluster.join(b, a);
        cluster.join(c, a);
        cluster.run(seconds{5} + milliseconds{97 * phase});
        cluster.crash(b);
        const Instant killed = cluster.now();
        while (TestCluster::state(a, "b") != "dead") cluster.run(milliseconds{10});
        times.push_back(cluster.now() - killed);
    }
    std::sort(times.begin(), times.end());
    EXPECT_LT(times[10], milliseconds{2750});
    EXPECT_LT(times[19], milliseconds{4000}) << "two rounds of the walk, a probe, a suspicion";
}

TEST(Node, forgets_the_dead_when_nobody_needs_to_hear_of_them_any_more) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(seconds{2});
    cluster.crash(b);
    cluster.run(seconds{20});
    EXPECT_EQ(TestCluster::state(a, "b"), "dead");
    cluster.run(seconds{40});
    EXPECT_EQ(TestCluster::state(a, "b"), "unknown");
}

TEST(Node, a_member_reached_only_by_streams_stays_alive) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(milliseconds{100});
    cluster.packets_pass = [](auto&, auto&) { return false; };
    cluster.run(seconds{30});
    EXPECT_EQ(TestCluster::story(a), "joined b");
    EXPECT_EQ(a.node->stats().probes_failed, 0u);
}

TEST(Node, a_member_reached_only_through_others_stays_alive) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    Peer& c = cluster.start("c", 3);
    cluster.join(b, a);
    cluster.join(c, a);
    cluster.run(seconds{2});
    cluster.reaches = [&](const Endpoint& from, const Endpoint& to) {
        return !(from == a.endpoint && to == b.endpoint) &&
               !(from == b.endpoint && to == a.endpoint);
    };
    cluster.run(seconds{30});
    EXPECT_EQ(TestCluster::state(a, "b"), "alive");
    EXPECT_EQ(TestCluster::state(b, "a"), "alive");
    EXPECT_EQ(a.node->stats().probes_failed + b.node->stats().probes_failed, 0u);
}

TEST(Node, a_wrongly_suspected_member_refutes_and_recovers) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(seconds{1});
    cluster.reaches = [](auto&, auto&) { return false; };
    cluster.run(seconds{2});
    EXPECT_EQ(TestCluster::state(a, "b"), "suspect");
    cluster.reaches = [](auto&, auto&) { return true; };
    cluster.run(seconds{5});
    EXPECT_EQ(TestCluster::story(a), "joined b, suspected b, recovered b");
    EXPECT_GT(TestCluster::view(a, "b")->incarnation, 1u);
    EXPECT_GE(b.node->stats().refutations, 1u);
}

TEST(Node, halves_of_a_long_broken_network_find_each_other_again) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    Peer& c = cluster.start("c", 3);
    Peer& d = cluster.start("d", 4);
    for (Peer* peer : {&b, &c, &d}) cluster.join(*peer, a);
    cluster.run(seconds{2});
    cluster.reaches = [](const Endpoint& from, const Endpoint& to) {
        return (from.ip[15] <= 2) == (to.ip[15] <= 2);
    };
    cluster.run(seconds{120});
    EXPECT_EQ(TestCluster::state(a, "c"), "unknown");
    cluster.reaches = [](auto&, auto&) { return true; };
    cluster.run(seconds{15});
    for (Peer* peer : {&a, &b, &c, &d}) EXPECT_EQ(peer->node->alive_count(), 4u);
}

TEST(Node, a_restarted_member_outbids_its_former_life_within_milliseconds) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2, "old");
    cluster.join(b, a);
    cluster.run(seconds{1});
    for (const char* metadata : {"x", "y", "z"}) {
        ASSERT_TRUE(b.node->set_metadata(cluster.now(), view_of(metadata)));
    }
    cluster.run(seconds{1});
    EXPECT_EQ(TestCluster::view(a, "b")->incarnation, 4u);
    cluster.crash(b);
    cluster.run(milliseconds{100});
    Peer& again = cluster.start("b", 2, "new");
    cluster.join(again, a);
    cluster.run(milliseconds{20});
    EXPECT_EQ(text_of(TestCluster::view(a, "b")->profile->metadata), "new");
    EXPECT_EQ(TestCluster::story(a).substr(0, 18), "joined b, updated ");
    EXPECT_EQ(a.events.back().change, Change::Updated);
}

TEST(Node, a_dead_member_restarted_is_a_member_again_within_milliseconds) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(seconds{1});
    cluster.crash(b);
    cluster.run(seconds{10});
    ASSERT_EQ(TestCluster::state(a, "b"), "dead");
    Peer& again = cluster.start("b", 2);
    cluster.join(again, a);
    cluster.run(milliseconds{20});
    EXPECT_EQ(TestCluster::story(a), "joined b, suspected b, failed b, joined b");
}

TEST(Node, a_crashed_member_replaced_from_elsewhere_is_let_in_when_its_old_self_is_dead) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(seconds{1});
    cluster.crash(b);
    Peer& again = cluster.start("b", 3);
    cluster.join(again, a);
    cluster.run(milliseconds{100});
    EXPECT_EQ(TestCluster::view(a, "b")->profile->endpoint, at_host(2));
    EXPECT_EQ(a.conflicts.size(), 1u);
    cluster.run(seconds{9});
    EXPECT_EQ(TestCluster::story(a), "joined b, suspected b, failed b, joined b");
    EXPECT_EQ(TestCluster::view(a, "b")->profile->endpoint, at_host(3));
    cluster.run(seconds{60});
    EXPECT_EQ(TestCluster::state(a, "b"), "alive");
}

TEST(Node, new_metadata_reaches_everyone) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(seconds{2});
    ASSERT_TRUE(b.node->set_metadata(cluster.now(), view_of("news")));
    EXPECT_FALSE(b.node->set_metadata(cluster.now(), Bytes(513)));
    cluster.drain(b);
    cluster.run(milliseconds{250});
    EXPECT_EQ(TestCluster::story(a), "joined b, updated b");
    EXPECT_EQ(text_of(a.events.back().member.profile->metadata), "news");
}

TEST(Node, user_messages_arrive_by_gossip_by_packet_and_by_stream) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(seconds{1});
    const std::string long_text(100'000, 'x');
    ASSERT_TRUE(a.node->send_best_effort(cluster.now(), "b", view_of("packet")));
    ASSERT_TRUE(a.node->send_reliable(cluster.now(), "b", view_of(long_text)));
    EXPECT_FALSE(a.node->send_best_effort(cluster.now(), "b", view_of(long_text)));
    EXPECT_FALSE(a.node->send_best_effort(cluster.now(), "nobody", view_of("?")));
    EXPECT_FALSE(a.node->broadcast(cluster.now(), view_of(long_text)));
    cluster.drain(a);
    cluster.run(milliseconds{10});
    EXPECT_EQ(b.user_messages, (std::vector<std::string>{"packet", long_text}));
    ASSERT_TRUE(a.node->broadcast(cluster.now(), view_of("gossip")));
    cluster.drain(a);
    cluster.run(seconds{1});
    ASSERT_GT(b.user_messages.size(), 2u);
    EXPECT_EQ(b.user_messages.back(), "gossip");
}

TEST(Node, members_with_other_delegate_versions_do_not_merge) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Config other;
    other.delegate_min = 2;
    other.delegate_max = 5;
    other.delegate_current = 5;
    TestCluster strangers(other);
    Peer& s = strangers.start("s", 2);
    const StreamId accepted = a.node->handle_stream_accepted(cluster.now(), s.endpoint);
    ASSERT_TRUE(s.node->join(cluster.now(), std::vector{a.endpoint}));
    s.node->handle_stream_opened(cluster.now(), StreamId{1});
    while (auto action = s.node->poll_action()) {
        if (auto* write = std::get_if<WriteStream>(&*action)) {
            a.node->handle_stream_bytes(cluster.now(), accepted, write->bytes);
        }
    }
    EXPECT_EQ(a.node->stats().merges_refused, 1u);
    while (auto action = a.node->poll_action()) {
        if (auto* write = std::get_if<WriteStream>(&*action)) {
            s.node->handle_stream_bytes(cluster.now(), StreamId{1}, write->bytes);
        }
    }
    strangers.drain(s);
    ASSERT_EQ(s.joins.size(), 1u);
    EXPECT_EQ(s.joins[0].reached, 0);
    EXPECT_NE(s.joins[0].last_error.find("delegate version"), std::string::npos);
    EXPECT_EQ(a.node->members().size(), 1u);
}

TEST(Node, the_same_seed_and_calls_give_the_same_actions) {
    const auto transcript = [] {
        TestCluster cluster;
        Peer& a = cluster.start("a", 1);
        Peer& b = cluster.start("b", 2);
        Peer& c = cluster.start("c", 3);
        cluster.join(b, a);
        cluster.join(c, b);
        cluster.run(seconds{30});
        cluster.crash(b);
        cluster.run(seconds{30});
        return std::pair(cluster.packets(), TestCluster::story(a) + TestCluster::story(c));
    };
    EXPECT_EQ(transcript(), transcript());
}

TEST(Node, spurious_deadlines_are_harmless) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    for (int i = 0; i < 5000; ++i) {
        cluster.run(milliseconds{3});
        a.node->handle_deadline(cluster.now());
        cluster.drain(a);
    }
    EXPECT_EQ(TestCluster::story(a), "joined b");
    EXPECT_EQ(TestCluster::story(b), "joined a");
}

TEST(NodeDeathTest, time_never_goes_backwards) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    cluster.run(seconds{1});
    a.node->handle_deadline(cluster.now());
    EXPECT_DEATH(a.node->handle_deadline(cluster.now() - milliseconds{1}), "does not hold");
}

}  // namespace
}  // namespace scrimp::swim
