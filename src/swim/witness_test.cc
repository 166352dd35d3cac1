// What the profiles add to memberlist's detection: witnesses, patience that follows round trips,
// refused packets, stalled members; packet by packet.
#include "swim/witness.h"

#include <algorithm>

#include "swim/blocked.h"
#include "swim/round_trips.h"
#include "swim/single_node_test.h"

namespace scrimp::swim {
namespace {

class Witnessing : public SingleNode {
  protected:
    /// Gossip out of the way, and a few quick answers, so that round trips are known.
    void meet(std::initializer_list<int> hosts) {
        for (const int host : hosts) hear({alive("n" + std::to_string(host), host)});
        for (int i = 0; i < 40; ++i) hear({wire::Ping{1, "self", {}}});
        for (std::size_t i = 0; i < 4 * hosts.size(); ++i) {
            const auto [host, question] = next_ping();
            now += milliseconds{1};
            hear({wire::Ack{question, {}}}, host);
        }
        actions.clear();
    }
    /// To the next ping to anybody: its target's host and question.
    std::pair<int, std::uint32_t> next_ping() {
        for (int i = 0; i < 100; ++i) {
            until_it_acts();
            for (int host = 2; host < 9; ++host) {
                const auto said = said_to(host);
                if (const auto* ping = first<wire::Ping>(said)) return {host, ping->seq_no};
            }
        }
        ADD_FAILURE() << "no ping";
        return {0, 0};
    }
    /// To the beginning of a probe of `host`; others are answered.
    std::uint32_t probe_of(int host) {
        for (;;) {
            const auto [asked, question] = next_ping();
            if (asked == host || asked == 0) return question;
            hear({wire::Ack{question, {}}}, asked);
        }
    }
    std::string last_change() { return std::string(name_of(all<MemberEvent>().back().change)); }
    int pings_to(int host) {
        const auto said = said_to(host);
        return static_cast<int>(std::count_if(said.begin(), said.end(), [](const auto& message) {
            return std::holds_alternative<wire::Ping>(message);
        }));
    }
};

TEST(RoundTrips, give_the_patience_that_answers_need) {
    RoundTrips known;
    EXPECT_EQ(known.patience(milliseconds{100}, milliseconds{500}), milliseconds{500});
    for (int i = 0; i < 20; ++i) known.add(milliseconds{1});
    EXPECT_EQ(known.patience(milliseconds{100}, milliseconds{500}), milliseconds{100});
    for (int i = 0; i < 20; ++i) known.add(milliseconds{i % 2 == 0 ? 100 : 300});
    EXPECT_GT(known.patience(milliseconds{100}, milliseconds{5000}), milliseconds{300});
    EXPECT_EQ(known.patience(Duration::max(), milliseconds{500}), milliseconds{500});
}

TEST_F(Witnessing, a_lost_ping_is_made_good_by_a_second_before_others_are_asked) {
    meet({2, 3, 4});
    const std::uint32_t question = probe_of(2);
    actions.clear();
    advance(config.probe_timeout_min);
    EXPECT_EQ(pings_to(2), 1);
    EXPECT_TRUE(all<DialStream>().empty());
    hear({wire::Ack{question, {}}}, 2);
    advance(config.probe_timeout_min);
    EXPECT_TRUE(all<DialStream>().empty());
}

TEST_F(Witnessing, silence_is_found_as_much_earlier_as_answers_are_quick) {
    meet({2, 3, 4});
    (void)probe_of(2);
    const Instant asked = now;
    while (node->stats().probes_failed == 0) until_it_acts();
    EXPECT_EQ(now - asked,
              config.probe_interval - config.probe_timeout + 2 * config.probe_timeout_min);
}

TEST_F(Witnessing, a_refused_packet_hurries_the_probe_and_with_a_refused_stream_the_end) {
    meet({2, 3});
    const std::uint32_t question = probe_of(2);
    actions.clear();
    node->handle_packet_refused(now, at_host(2));
    const auto dials = all<DialStream>();
    ASSERT_EQ(dials.size(), 1u);
    EXPECT_NE(first<wire::IndirectPing>(said_to(3)), nullptr);
    node->handle_stream_closed(now, dials[0].stream, StreamEnd::Refused);
    EXPECT_EQ(node->stats().probes_failed, 0u) << "the other may reach it";
    hear({wire::Nack{question}}, 3);
    EXPECT_EQ(last_change(), "suspected");
    EXPECT_NE(first<wire::Suspect>(said_to(2)), nullptr) << "told to its face";
    advance(config.suspicion_after_two_refusals);
    EXPECT_EQ(last_change(), "failed");
}

TEST_F(Witnessing, whoever_restarts_in_that_moment_refutes) {
    meet({2});
    (void)probe_of(2);
    node->handle_packet_refused(now, at_host(2));
    node->handle_stream_closed(now, all<DialStream>().at(0).stream, StreamEnd::Refused);
    EXPECT_EQ(last_change(), "suspected");
    hear({alive("n2", 2, 2)}, 2);
    advance(config.suspicion_after_two_refusals);
    EXPECT_EQ(last_change(), "recovered");
}

TEST_F(Witnessing, a_firewall_that_refuses_us_alone_kills_nobody) {
    meet({2, 3});
    const std::uint32_t question = probe_of(2);
    node->handle_packet_refused(now, at_host(2));
    node->handle_stream_closed(now, all<DialStream>().at(0).stream, StreamEnd::Refused);
    hear({wire::Ack{question, {}}}, 3);
    advance(config.suspicion_after_two_refusals);
    EXPECT_EQ(node->stats().probes_failed, 0u);
    EXPECT_EQ(node->alive_count(), 3u);
}

TEST_F(Witnessing, forged_refusals_make_us_look_and_not_often) {
    meet({2, 3});
    actions.clear();
    for (int i = 0; i < 1000; ++i) {
        node->handle_packet_refused(now, at_host(2 + i % 2));
        node->handle_packet_refused(now, at_host(77));
    }
    EXPECT_EQ(pings_to(2) + pings_to(3), 1);
    for (const int host : {2, 3}) {
        const auto said = said_to(host);
        if (const auto* ping = first<wire::Ping>(said)) hear({wire::Ack{ping->seq_no, {}}}, host);
    }
    EXPECT_TRUE(all<MemberEvent>().size() <= 2) << "they joined, and nothing else";
}

TEST_F(Witnessing, a_relay_that_is_refused_says_so_at_once) {
    hear({wire::IndirectPing{77, at_host(5).ip_bytes(), 7946, "n5", true, {}}}, 6);
    node->handle_packet_refused(now, at_host(5));
    const auto said = said_to(6);
    ASSERT_NE(first<wire::Nack>(said), nullptr);
    EXPECT_EQ(first<wire::Nack>(said)->seq_no, 77u);
}

TEST_F(Witnessing, who_hears_of_a_suspicion_looks_and_confirms_what_it_sees) {
    meet({2, 3, 4});
    hear({wire::Suspect{1, "n2", "n3"}}, 3);
    actions.clear();
    std::vector<wire::Suspect> words;
    for (int i = 0; i < 60 && words.empty(); ++i) {
        until_it_acts();
        for (const int host : {3, 4}) {
            for (const wire::Message& message : said_to(host)) {
                const auto* suspect = std::get_if<wire::Suspect>(&message);
                if (suspect != nullptr && suspect->from == "self") words.push_back(*suspect);
            }
        }
    }
    ASSERT_FALSE(words.empty());
    EXPECT_EQ(words[0], (wire::Suspect{1, "n2", "self"}));
    EXPECT_EQ(node->alive_count(), 4u);
}

TEST_F(Witnessing, an_accused_that_answers_has_heard_of_it_and_is_not_confirmed) {
    meet({2, 3, 4});
    hear({wire::Suspect{1, "n2", "n3"}}, 3);
    actions.clear();
    for (int i = 0; i < 60; ++i) {
        until_it_acts();
        const auto said = said_to(2);
        const auto* ping = first<wire::Ping>(said);
        if (ping == nullptr) continue;
        EXPECT_NE(first<wire::Suspect>(said), nullptr) << "the question carries the accusation";
        hear({wire::Ack{ping->seq_no, {}}, alive("n2", 2, 2)}, 2);
        break;
    }
    EXPECT_EQ(last_change(), "recovered");
    EXPECT_EQ(node->stats().probes_failed, 0u);
}

TEST_F(Witnessing, a_host_that_takes_the_stream_is_stalled_and_gets_the_long_time) {
    meet({2, 3});
    (void)probe_of(2);
    actions.clear();
    advance(2 * config.probe_timeout_min);
    node->handle_stream_opened(now, all<DialStream>().at(0).stream);
    while (node->stats().probes_failed == 0) until_it_acts();
    const Instant suspected = now;
    while (node->alive_count() == 3) until_it_acts();
    EXPECT_EQ(now - suspected,
              config.suspicion_mult * config.suspicion_max_timeout_mult * config.probe_interval);
}

TEST_F(Witnessing, an_unconfirmed_suspect_is_asked_again_and_again) {
    meet({2, 3});
    (void)probe_of(2);
    while (node->stats().probes_failed == 0) until_it_acts();
    actions.clear();
    advance(seconds{2});
    EXPECT_GE(pings_to(2), 4);
}

TEST_F(Witnessing, an_accuser_whom_the_refutation_missed_is_told_again) {
    meet({2});
    hear({wire::Suspect{1, "self", "n2"}}, 2);
    EXPECT_EQ(node->self().incarnation, 2u);
    for (int i = 0; i < 40; ++i) hear({wire::Ping{1, "self", {}}});
    hear({wire::Suspect{1, "self", "n3"}}, 2);
    EXPECT_EQ(node->self().incarnation, 2u) << "an old rumour";
    actions.clear();
    hear({wire::Ping{7, "self", {}}, wire::Suspect{1, "self", "n2"}}, 2);
    const auto said = said_to(2);
    ASSERT_NE(first<wire::Alive>(said), nullptr) << "with the answer";
    EXPECT_EQ(first<wire::Alive>(said)->incarnation, 3u);
}

TEST_F(Witnessing, hearsay_confirms_nothing) {
    meet({2, 3, 4, 5, 6});
    hear({wire::Suspect{1, "n2", "n3"}}, 3);
    const StreamId stream = node->handle_stream_accepted(now, at_host(4));
    wire::PushPull state{false, {}, {}};
    wire::Alive accused = alive("n2", 2);
    state.nodes.push_back({accused.node, accused.address, accused.port, accused.meta, 1,
                           static_cast<std::uint8_t>(State::Suspect), accused.versions});
    actions.clear();
    node->handle_stream_bytes(now, stream, request(state));
    for (int i = 0; i < 3; ++i) {
        for (const int host : {3, 4, 5, 6}) {
            for (const wire::Message& message : said_to(host)) {
                const auto* suspect = std::get_if<wire::Suspect>(&message);
                EXPECT_FALSE(suspect != nullptr && suspect->from == "self");
            }
        }
        node->handle_deadline(now);
    }
}

TEST_F(Witnessing, a_suspicion_waits_while_we_stand_still) {
    meet({2, 3});
    hear({wire::Suspect{1, "n2", "n3"}}, 3);
    stand_still(seconds{30});
    EXPECT_EQ(node->alive_count(), 3u);
    hear({alive("n2", 2, 2)}, 2);
    EXPECT_EQ(last_change(), "recovered");
}

TEST(Blocked, is_told_after_five_answers_by_stream_and_once_an_hour) {
    Blocked blocked;
    Instant now{seconds{1000}};
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(blocked.note_stream_only("x", now));
    blocked.note_packet("x");
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(blocked.note_stream_only("x", now));
    EXPECT_TRUE(blocked.note_stream_only("x", now));
    EXPECT_FALSE(blocked.note_stream_only("x", now));
    now += std::chrono::minutes{59};
    EXPECT_FALSE(blocked.note_stream_only("x", now));
    now += std::chrono::minutes{2};
    EXPECT_TRUE(blocked.note_stream_only("x", now));
}

TEST(Blocked, packets_are_told_of_though_the_member_lives_by_its_streams) {
    TestCluster cluster;
    TestCluster::Peer& a = cluster.start("a", 1);
    TestCluster::Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(seconds{1});
    cluster.packets_pass = [](auto&, auto&) { return false; };
    cluster.run(seconds{30});
    EXPECT_EQ(a.blocked, std::vector<std::string>{"b"});
    EXPECT_EQ(TestCluster::state(a, "b"), "alive");
}

TEST(Blocked, packets_between_two_are_told_of_though_others_reach_both) {
    TestCluster cluster;
    TestCluster::Peer& a = cluster.start("a", 1);
    TestCluster::Peer& b = cluster.start("b", 2);
    TestCluster::Peer& c = cluster.start("c", 3);
    cluster.join(b, a);
    cluster.join(c, a);
    cluster.run(seconds{1});
    cluster.packets_pass = [&](const Endpoint& from, const Endpoint& to) {
        return from == c.endpoint || to == c.endpoint;
    };
    cluster.run(seconds{120});
    EXPECT_EQ(a.blocked, std::vector<std::string>{"b"});
    EXPECT_TRUE(c.blocked.empty());
    EXPECT_EQ(TestCluster::state(a, "b"), "alive");
}

}  // namespace
}  // namespace scrimp::swim
