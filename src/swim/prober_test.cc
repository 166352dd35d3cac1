// Probes and what we do for the probes of others, packet by packet.
#include "swim/prober.h"

#include "swim/single_node_test.h"

namespace scrimp::swim {
namespace {

/// With memberlist's settings; what the profiles add is in witness_test.cc.
class Probing : public SingleNode {
  protected:
    Probing() : SingleNode(Config{}) {}
    /// Gossip out of the way, so that packets are probes.
    void meet(std::initializer_list<int> hosts) {
        for (const int host : hosts) hear({alive("n" + std::to_string(host), host)});
        for (int i = 0; i < 40; ++i) hear({wire::Ping{1, "self", {}}});
        take();
        actions.clear();
    }
    /// Advances to the next probe; its target's host and question.
    std::pair<int, std::uint32_t> next_probe() {
        for (int i = 0; i < 100; ++i) {
            until_it_acts();
            for (int host = 2; host < 9; ++host) {
                const auto said = said_to(host);
                if (const auto* ping = first<wire::Ping>(said)) return {host, ping->seq_no};
            }
        }
        return {0, 0};
    }
};

TEST_F(Probing, pings_name_the_target_and_nothing_that_the_packet_says_anyway) {
    meet({2});
    (void)next_probe();
    const auto said = said_to(2);
    const auto* ping = first<wire::Ping>(said);
    ASSERT_NE(ping, nullptr);
    EXPECT_EQ(ping->node, "n2");
    EXPECT_EQ(ping->source, wire::Source{});
}

TEST_F(Probing, an_ack_ends_the_probe) {
    meet({2});
    const auto [host, question] = next_probe();
    hear({wire::Ack{question, {}}}, host);
    actions.clear();
    advance(milliseconds{999});
    EXPECT_TRUE(all<DialStream>().empty());
    EXPECT_EQ(node->stats().probes_failed, 0u);
}

TEST_F(Probing, without_an_ack_others_and_a_stream_are_tried) {
    meet({2, 3, 4});
    const auto [host, question] = next_probe();
    actions.clear();
    advance(config.probe_timeout);
    int asked = 0;
    for (int other = 2; other <= 4; ++other) {
        const auto said = said_to(other);
        const auto* indirect = first<wire::IndirectPing>(said);
        EXPECT_EQ(indirect != nullptr, other != host);
        if (indirect == nullptr) continue;
        ++asked;
        EXPECT_EQ(indirect->seq_no, question);
        EXPECT_EQ(indirect->target, at_host(host).ip_bytes());
        EXPECT_EQ(indirect->port, 7946);
        EXPECT_TRUE(indirect->nack);
    }
    EXPECT_EQ(asked, 2);
    const auto dials = all<DialStream>();
    ASSERT_EQ(dials.size(), 1u);
    EXPECT_EQ(dials[0].to, at_host(host));

    node->handle_stream_opened(now, dials[0].stream);
    const auto sent = written(dials[0].stream, wire::Direction::FromDialer);
    ASSERT_TRUE(sent);
    EXPECT_EQ(std::get<wire::Ping>(*sent).seq_no, question);
    node->handle_stream_bytes(now, dials[0].stream, reply(wire::Ack{question, {}}));
    advance(seconds{1});
    EXPECT_EQ(node->stats().probes_failed, 0u);
}

TEST_F(Probing, a_stream_ack_to_another_question_is_no_answer) {
    meet({2});
    const auto [host, question] = next_probe();
    advance(config.probe_timeout);
    const auto dials = all<DialStream>();
    node->handle_stream_opened(now, dials.at(0).stream);
    node->handle_stream_bytes(now, dials[0].stream, reply(wire::Ack{question + 1, {}}));
    advance(config.probe_interval - config.probe_timeout);
    EXPECT_EQ(node->stats().probes_failed, 1u);
}

TEST_F(Probing, missing_nacks_cost_health_and_received_ones_do_not) {
    meet({2, 3, 4});
    auto [host, question] = next_probe();
    advance(config.probe_timeout);
    advance(config.probe_interval - config.probe_timeout);
    EXPECT_EQ(node->stats().probes_failed, 1u);
    EXPECT_EQ(node->stats().health_score, 2) << "two were asked, none nacked";

    std::tie(host, question) = next_probe();
    advance(config.probe_timeout);
    for (int i = 0; i < 5; ++i) hear({wire::Nack{question}});
    while (node->stats().probes_failed < 2) until_it_acts();
    EXPECT_EQ(node->stats().health_score, 2);
}

TEST_F(Probing, a_node_that_stood_still_goes_on_where_it_was) {
    meet({2, 3, 4});
    (void)next_probe();
    actions.clear();
    stand_still(seconds{20});
    EXPECT_TRUE(all<DialStream>().empty()) << "the answer may wait in our socket";
    EXPECT_EQ(node->stats().health_score, 0);
    advance(config.probe_timeout);
    EXPECT_EQ(all<DialStream>().size(), 1u);
    advance(config.probe_interval - config.probe_timeout);
    EXPECT_EQ(node->stats().probes_failed, 1u);
}

TEST_F(Probing, a_node_that_is_busy_for_a_moment_notices_nothing) {
    meet({2, 3, 4});
    (void)next_probe();
    const Instant due = node->next_deadline();
    now = due + milliseconds{100};
    node->handle_deadline(now);
    EXPECT_EQ(all<DialStream>().size(), 1u);
    while (node->stats().probes_failed == 0) until_it_acts();
    EXPECT_EQ(now, due + config.probe_interval - config.probe_timeout) << "nothing was shifted";
}

TEST_F(Probing, a_refused_stream_and_nacks_from_all_end_the_probe_early_and_the_suspicion_soon) {
    meet({2, 3, 4});
    const auto [host, question] = next_probe();
    advance(config.probe_timeout);
    const auto dials = all<DialStream>();
    node->handle_stream_closed(now, dials.at(0).stream, StreamEnd::Refused);
    hear({wire::Nack{question}});
    EXPECT_EQ(node->stats().probes_failed, 0u) << "one of the others may still reach it";
    actions.clear();
    hear({wire::Nack{question}});
    EXPECT_EQ(node->stats().probes_failed, 1u);
    EXPECT_EQ(node->stats().health_score, 0);
    EXPECT_NE(first<wire::Suspect>(said_to(host)), nullptr) << "told to its face";
    EXPECT_EQ(all<MemberEvent>().size(), 1u);
    advance(config.suspicion_after_refusal);
    EXPECT_EQ(all<MemberEvent>().back().change, Change::Failed);
}

TEST_F(Probing, a_refused_stream_with_nobody_else_to_ask_is_suspect_at_once) {
    meet({2});
    (void)next_probe();
    advance(config.probe_timeout);
    node->handle_stream_closed(now, all<DialStream>().at(0).stream, StreamEnd::Refused);
    EXPECT_EQ(all<MemberEvent>().back().change, Change::Suspected);
    hear({alive("n2", 2, 2)});
    advance(config.suspicion_after_refusal);
    EXPECT_EQ(all<MemberEvent>().back().change, Change::Recovered) << "it refuted";
}

TEST_F(Probing, an_unreachable_stream_leaves_the_suspicion_its_time) {
    meet({2});
    (void)next_probe();
    advance(config.probe_timeout);
    node->handle_stream_closed(now, all<DialStream>().at(0).stream, StreamEnd::Unreachable);
    advance(config.probe_interval - config.probe_timeout);
    EXPECT_EQ(all<MemberEvent>().back().change, Change::Suspected);
    advance(config.suspicion_after_refusal);
    EXPECT_EQ(all<MemberEvent>().back().change, Change::Suspected);
}

TEST_F(Probing, a_suspect_is_told_so_with_the_ping_under_a_checksum) {
    meet({2});
    hear({wire::Suspect{1, "n2", "n3"}});
    actions.clear();
    for (int i = 0; i < 20; ++i) {
        until_it_acts();
        const auto said = said_to(2);
        if (first<wire::Ping>(said) == nullptr) continue;
        ASSERT_EQ(said.size(), 2u);
        EXPECT_EQ(std::get<wire::Suspect>(said[1]), (wire::Suspect{1, "n2", "self"}));
        for (const SendPacket& packet : all<SendPacket>()) {
            EXPECT_EQ(packet.payload[0], std::byte{12});
        }
        return;
    }
    FAIL() << "no ping";
}

TEST_F(Probing, an_indirect_ping_is_passed_on_and_so_is_its_ack) {
    hear({wire::IndirectPing{
        77, at_host(5).ip_bytes(), 7946, "n5", true, {at_host(6).ip_bytes(), 7946, "n6"}}});
    auto said = said_to(5);
    const auto* ping = first<wire::Ping>(said);
    ASSERT_NE(ping, nullptr);
    EXPECT_EQ(ping->node, "n5");
    hear({wire::Ack{ping->seq_no, {}}}, 5);
    said = said_to(6);
    ASSERT_NE(first<wire::Ack>(said), nullptr);
    EXPECT_EQ(first<wire::Ack>(said)->seq_no, 77u);
    actions.clear();
    advance(config.probe_timeout);
    EXPECT_EQ(first<wire::Nack>(said_to(6)), nullptr);
}

TEST_F(Probing, an_unanswered_indirect_ping_is_nacked_in_time_if_wanted) {
    const wire::IndirectPing wanted{77, at_host(5).ip_bytes(), 7946, "n5", true, {}};
    wire::IndirectPing unwanted = wanted;
    unwanted.nack = false;
    hear({wanted}, 6);
    hear({unwanted}, 7);
    const auto said_to_target = said_to(5);
    const std::uint32_t question = first<wire::Ping>(said_to_target)->seq_no;
    advance(milliseconds{400});
    auto said = said_to(6);
    ASSERT_NE(first<wire::Nack>(said), nullptr) << "without a source, to where it came from";
    EXPECT_EQ(first<wire::Nack>(said)->seq_no, 77u);
    EXPECT_EQ(first<wire::Nack>(said_to(7)), nullptr);
    hear({wire::Ack{question, {}}}, 5);
    said = said_to(6);
    EXPECT_NE(first<wire::Ack>(said), nullptr) << "late, but before the asker gave up";
    advance(milliseconds{200});
    actions.clear();
    hear({wire::Ack{question + 1, {}}}, 5);
    EXPECT_TRUE(all<SendPacket>().empty()) << "errands end";
}

TEST_F(Probing, pings_are_answered_to_their_source_and_only_if_they_are_for_us) {
    hear({wire::Ping{1, "self", {at_host(6).ip_bytes(), 7946, "n6"}}});
    EXPECT_EQ(first<wire::Ack>(said_to(6))->seq_no, 1u);
    hear({wire::Ping{2, "", {}}}, 7);
    EXPECT_EQ(first<wire::Ack>(said_to(7))->seq_no, 2u);
    actions.clear();
    hear({wire::Ping{3, "other", {}}}, 7);
    EXPECT_TRUE(all<SendPacket>().empty());
}

TEST_F(Probing, one_packet_of_many_pings_gets_few_answers) {
    hear(std::vector<wire::Message>(100, wire::Ping{1, "self", {}}));
    EXPECT_EQ(all<SendPacket>().size(), 8u);
    EXPECT_EQ(node->stats().requests_refused, 92u);
}

TEST_F(Probing, errands_are_bounded) {
    for (int i = 0; i < 2000; ++i) {
        hear({wire::IndirectPing{1, at_host(5).ip_bytes(), 7946, "n5", true, {}}});
    }
    EXPECT_EQ(all<SendPacket>().size(), 1024u);
    EXPECT_EQ(node->stats().requests_refused, 976u);
    hear({wire::IndirectPing{1, Bytes(3), 7946, "n5", true, {}}});
    hear({wire::IndirectPing{1, at_host(5).ip_bytes(), 0, "n5", true, {}}});
    EXPECT_EQ(node->stats().requests_refused, 978u);
}

TEST_F(Probing, answers_carry_news_on_their_back) {
    hear({alive("n2", 2)});
    hear({wire::Ping{1, "self", {}}}, 7);
    const auto said = said_to(7);
    ASSERT_EQ(said.size(), 2u);
    EXPECT_EQ(std::get<wire::Alive>(said[1]), alive("n2", 2));
}

TEST_F(Probing, no_packet_is_too_long_or_has_too_many_parts) {
    for (const bool small : {true, false}) {
        for (int i = 0; i < 300; ++i) {
            wire::Alive said = alive(std::to_string(i), 2 + i % 7);
            if (!small) {
                said.meta = Bytes(static_cast<std::size_t>(512 - i % 40));
                said.node = std::string(static_cast<std::size_t>(200 + i % 55), 'n') + said.node;
                Random noise(static_cast<std::uint64_t>(i));
                for (std::byte& byte : *said.meta) {
                    byte = std::byte(static_cast<std::uint8_t>(noise.next()));
                }
            }
            hear({small ? wire::Message(wire::Suspect{1, std::to_string(i), "f"})
                        : wire::Message(said)});
            if (small) hear({said});
        }
    }
    for (int i = 0; i < 50; ++i) {
        until_it_acts();
        for (const SendPacket& packet : all<SendPacket>()) {
            EXPECT_LE(packet.payload.size(), 1400u);
            EXPECT_LE(wire::decode_packet(packet.payload, config.envelope).messages.size(), 127u);
        }
    }
}

class Sealed : public Probing {
  protected:
    Sealed() {
        EXPECT_TRUE(config.envelope.keys.add(Bytes(32)));
        config.envelope.label = "prod";
    }
};

TEST_F(Sealed, encrypted_packets_keep_to_the_limit_too) {
    for (int i = 0; i < 200; ++i) {
        wire::Alive said = alive(std::to_string(i), 2 + i % 7);
        said.meta = Bytes(static_cast<std::size_t>(300 + i));
        hear({said});
    }
    EXPECT_EQ(node->members().size(), 201u);
    for (int i = 0; i < 50; ++i) {
        until_it_acts();
        for (const SendPacket& packet : all<SendPacket>()) EXPECT_LE(packet.payload.size(), 1400u);
    }
}

TEST_F(Sealed, plaintext_is_counted_and_forgotten) {
    hear_bytes(wire::encode_message(alive("n2", 2)));
    EXPECT_EQ(node->members().size(), 1u);
    std::uint64_t refused = 0;
    for (const std::uint64_t count : node->stats().refused) refused += count;
    EXPECT_EQ(refused, 1u);
}

}  // namespace
}  // namespace scrimp::swim
