// Label, keys and networks of a running node: who is understood, who is not, and what is told.
#include <gtest/gtest.h>

#include "swim/single_node_test.h"

namespace scrimp::swim {
namespace {

using std::chrono::hours;
using wire::Reason;

Bytes key(std::uint8_t fill) {
    return Bytes(16, std::byte{fill});
}

wire::Envelope envelope_of(std::initializer_list<std::uint8_t> keys, bool verify_incoming = true,
                           bool verify_outgoing = true) {
    wire::Envelope envelope;
    for (const std::uint8_t fill : keys) EXPECT_TRUE(envelope.keys.add(key(fill)));
    envelope.verify_incoming = verify_incoming;
    envelope.verify_outgoing = verify_outgoing;
    return envelope;
}

Config with(wire::Envelope envelope) {
    Config config = lan_profile();
    config.envelope = std::move(envelope);
    return config;
}

class SealedGossip : public SingleNode {
  protected:
    SealedGossip() : SingleNode(with(envelope_of({1}))) {}

    /// As a peer that speaks in that envelope says it.
    void hear_in(const wire::Envelope& envelope, const wire::Message& message, int from = 9) {
        const std::vector<Bytes> parts{wire::encode_message(message)};
        hear_bytes(wire::encode_packet(parts, envelope, false, counting_nonces()), from);
    }
    /// "10.0.0.9:7946 undecryptable 1, …": what was told since the last look.
    std::string told() {
        std::string text;
        for (const PeerUnreadable& each : all<PeerUnreadable>()) {
            text += (text.empty() ? "" : ", ") + each.from.text() + " " +
                    std::string(name_of(each.reason)) + " " + std::to_string(each.times);
        }
        actions.clear();
        return text;
    }
};

TEST_F(SealedGossip, plaintext_a_foreign_key_and_another_label_are_refused_and_told) {
    hear_in(envelope_of({}), alive("plain", 2), 2);
    EXPECT_EQ(told(), "10.0.0.2:7946 not-encrypted 1");
    now += seconds{1};
    hear_in(envelope_of({2}), alive("foreign", 3), 3);
    EXPECT_EQ(told(), "10.0.0.3:7946 undecryptable 1");
    now += seconds{1};
    wire::Envelope labelled = envelope_of({1});
    labelled.label = "other";
    hear_in(labelled, alive("labelled", 4), 4);
    EXPECT_EQ(told(), "10.0.0.4:7946 label-mismatch 1");
    hear_in(envelope_of({1}), alive("ours", 5), 5);
    EXPECT_EQ(told(), "");
    EXPECT_EQ(node->members().size(), 2u);
}

TEST_F(SealedGossip, a_peer_not_understood_is_told_at_growing_distances) {
    const auto minutes_of_talk = [&](int minutes) {
        int lines = 0;
        for (int second = 0; second < 60 * minutes; ++second, now += seconds{1}) {
            hear_in(envelope_of({2}), alive("foreign", 3), 3);
            lines += told().empty() ? 0 : 1;
        }
        return lines;
    };
    EXPECT_EQ(minutes_of_talk(1), 3) << "at 0, 10 and 30 s";
    EXPECT_EQ(minutes_of_talk(60), 6) << "70, 150, 310, 630, 1270 and 2550 s";
    now += hours{1};
    hear_in(envelope_of({2}), alive("foreign", 3), 3);
    EXPECT_EQ(told(), "10.0.0.3:7946 undecryptable 1") << "news again after a long silence";
}

TEST_F(SealedGossip, many_who_are_not_understood_are_told_one_a_second) {
    std::size_t lines = 0;
    for (int i = 0; i < 2000; ++i) {
        Endpoint forged = at_host(1);
        forged.ip[13] = static_cast<std::uint8_t>(i / 250 + 1);
        forged.ip[14] = static_cast<std::uint8_t>(i % 250);
        node->handle_packet(now, forged, to_bytes("hello"));
        now += milliseconds{5};
        lines += all<PeerUnreadable>().size();
        actions.clear();
    }
    EXPECT_EQ(lines, 10u);
}

TEST_F(SealedGossip, a_stream_that_cannot_be_opened_is_told_without_its_port) {
    const StreamId stream = node->handle_stream_accepted(now, at_host(3));
    node->handle_stream_bytes(now, stream,
                              wire::encode_stream(wire::PushPull{}, envelope_of({2}),
                                                  wire::Direction::FromDialer, counting_nonces()));
    EXPECT_EQ(told(), "10.0.0.3:0 undecryptable 1");
}

TEST_F(SealedGossip, an_answer_that_cannot_be_opened_names_the_seed) {
    const std::vector<Endpoint> seeds{at_host(3)};
    ASSERT_TRUE(node->join(now, seeds));
    const StreamId stream = all<DialStream>().at(0).stream;
    node->handle_stream_opened(now, stream);
    node->handle_stream_bytes(
        now, stream,
        wire::encode_stream(wire::Err{"no"}, envelope_of({}), wire::Direction::FromAcceptor,
                            counting_nonces()));
    EXPECT_EQ(all<JoinFinished>().at(0).reached, 0);
    EXPECT_EQ(told(), "10.0.0.3:7946 not-encrypted 1");
}

TEST_F(SealedGossip, a_new_envelope_holds_from_the_next_packet_on) {
    node->set_envelope(now, envelope_of({1, 2}));
    hear_in(envelope_of({2}), alive("early", 2), 2);
    EXPECT_EQ(node->members().size(), 2u);
    node->set_envelope(now, envelope_of({2}));
    hear_in(envelope_of({1}), alive("late", 3), 3);
    EXPECT_EQ(told(), "10.0.0.3:7946 undecryptable 1");
    EXPECT_EQ(node->members().size(), 2u);
    config.envelope = envelope_of({2});
    hear_in(envelope_of({2}), wire::Ping{77, "self", {}}, 2);
    EXPECT_NE(first<wire::Ack>(said_to(2)), nullptr) << "we seal by the new key";
}

TEST_F(SealedGossip, a_new_envelope_makes_old_complaints_news_again) {
    hear_in(envelope_of({3}), alive("foreign", 3), 3);
    EXPECT_NE(told(), "");
    node->set_envelope(now, envelope_of({1, 2}));
    now += seconds{1};
    hear_in(envelope_of({3}), alive("foreign", 3), 3);
    EXPECT_EQ(told(), "10.0.0.3:7946 undecryptable 1");
}

TEST_F(SealedGossip, a_stream_ends_in_the_envelope_it_began_with) {
    const StreamId stream = node->handle_stream_accepted(now, at_host(3));
    const Bytes bytes = request(wire::PushPull{});
    node->handle_stream_bytes(now, stream, ByteView(bytes).first(10));
    node->set_envelope(now, envelope_of({2}));
    node->handle_stream_bytes(now, stream, ByteView(bytes).subspan(10));
    const auto answer = written(stream, wire::Direction::FromAcceptor);
    ASSERT_TRUE(answer);
    EXPECT_TRUE(std::holds_alternative<wire::PushPull>(*answer));
}

TEST_F(SealedGossip, a_broadcast_of_any_legal_size_fits_when_keys_come_later) {
    node->set_envelope(now, envelope_of({}));
    hear_in(envelope_of({}), alive("peer", 2), 2);
    std::size_t size = 1400;
    while (!node->broadcast(now, Bytes(size, std::byte{7}))) --size;
    node->set_envelope(now, envelope_of({1}));
    actions.clear();
    bool told_it = false;
    for (int i = 0; i < 50 && !told_it; ++i) {
        until_it_acts();
        told_it = first<wire::User>(said_to(2)) != nullptr;
    }
    EXPECT_TRUE(told_it);
}

class PlainGossip : public SealedGossip {
    void SetUp() override {
        config = lan_profile();
        restart();
    }
};

TEST_F(PlainGossip, who_seals_is_told_when_there_is_no_key) {
    hear_in(envelope_of({2}), alive("sealed", 3), 3);
    EXPECT_EQ(told(), "10.0.0.3:7946 undecryptable 1");
    now += seconds{20};
    const StreamId stream = node->handle_stream_accepted(now, at_host(3));
    node->handle_stream_bytes(now, stream,
                              wire::encode_stream(wire::PushPull{}, envelope_of({2}),
                                                  wire::Direction::FromDialer, counting_nonces()));
    EXPECT_EQ(told(), "10.0.0.3:0 undecryptable 1");
}

// The three steps of memberlist's GossipVerifyIncoming and GossipVerifyOutgoing, and rotation: each
// state understands the one before it and the one after it, in both directions.
TEST(EnvelopeSteps, encryption_is_turned_on_and_keys_are_rotated_without_an_outage) {
    const std::vector<wire::Envelope> steps{
        envelope_of({}),
        envelope_of({1}, false, false),
        envelope_of({1}, false, true),
        envelope_of({1}),
        envelope_of({1, 2}),
        envelope_of({2, 1}),
        envelope_of({2}),
    };
    TestCluster cluster;
    std::vector<TestCluster::Peer*> peers;
    for (int host = 1; host <= 3; ++host) {
        peers.push_back(&cluster.start("node" + std::to_string(host), host));
        if (host > 1) cluster.join(*peers.back(), *peers.front());
    }
    cluster.run(seconds{40});
    for (auto* peer : peers) peer->events.clear();
    for (const wire::Envelope& step : steps) {
        for (auto* peer : peers) {
            peer->node->set_envelope(cluster.now(), step);
            cluster.drain(*peer);
            cluster.run(seconds{40});  // Longer than a push/pull interval and any suspicion.
        }
    }
    for (auto* peer : peers) {
        EXPECT_EQ(peer->events.size(), 0u) << name_of(peer->events.front().change);
        EXPECT_EQ(peer->unreadable.size(), 0u);
        EXPECT_EQ(peer->node->alive_count(), 3u);
    }
}

TEST(EnvelopeSteps, who_missed_the_rotation_is_told_and_is_told_of) {
    TestCluster cluster(with(envelope_of({1})));
    auto& one = cluster.start("one", 1);
    auto& late = cluster.start("late", 2);
    cluster.join(late, one);
    cluster.run(seconds{5});
    one.node->set_envelope(cluster.now(), envelope_of({2}));
    cluster.run(seconds{60});
    ASSERT_FALSE(one.unreadable.empty());
    EXPECT_EQ(one.unreadable.front().reason, Reason::Undecryptable);
    ASSERT_FALSE(late.unreadable.empty());
    EXPECT_EQ(late.unreadable.front().from.ip_text(), "10.0.0.1");
}

TEST(EnvelopeSteps, clusters_of_different_labels_do_not_merge) {
    TestCluster cluster;
    auto& blue = cluster.start("blue", 1);
    auto& green = cluster.start("green", 2);
    wire::Envelope envelope;
    envelope.label = "blue";
    blue.node->set_envelope(cluster.now(), envelope);
    envelope.label = "green";
    green.node->set_envelope(cluster.now(), envelope);
    cluster.join(blue, green);
    cluster.run(seconds{30});
    EXPECT_EQ(blue.node->members().size(), 1u);
    EXPECT_EQ(green.node->members().size(), 1u);
    EXPECT_EQ(green.unreadable.at(0).reason, Reason::LabelMismatch);
}

class Fenced : public SingleNode {
  protected:
    Fenced() : SingleNode(fenced()) {}
    static Config fenced() {
        Config config = lan_profile();
        config.allowed_networks = {parse_network("10.0.0.0/29").value()};
        return config;
    }
};

TEST_F(Fenced, members_elsewhere_are_refused_whoever_announces_them) {
    hear({alive("inside", 7), alive("outside", 8)}, 2);
    ASSERT_EQ(node->members().size(), 2u);
    EXPECT_EQ(all<AnnouncementRefused>().at(0).reason,
              "is at 10.0.0.8, outside the allowed networks");
}

TEST_F(Fenced, packets_and_streams_from_elsewhere_are_refused) {
    hear({alive("inside", 7)}, 8);
    hear({wire::Ping{1, "self", {}}}, 8);
    EXPECT_EQ(node->members().size(), 1u);
    EXPECT_EQ(node->stats().packets_refused, 2u);
    static_cast<void>(node->handle_stream_accepted(now, at_host(8)));
    EXPECT_EQ(all<CloseStream>().size(), 1u);
    EXPECT_EQ(node->stats().streams_refused, 1u);
    EXPECT_TRUE(said_to(8).empty());
}

TEST_F(Fenced, a_member_that_moves_elsewhere_stays_where_it_was) {
    hear({alive("peer", 7)}, 2);
    hear({wire::Dead{1, "peer", "peer"}}, 2);
    hear({alive("peer", 8, 5)}, 2);
    EXPECT_EQ(name_of(node->members().front().state), "left");
}

}  // namespace
}  // namespace scrimp::swim
