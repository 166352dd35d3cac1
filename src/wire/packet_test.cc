#include "wire/packet.h"

#include <gtest/gtest.h>

#include "wire/compression.h"
#include "wire/label.h"

namespace scrimp::wire {
namespace {

NonceSource counting_nonces() {
    return [n = std::uint8_t{0}](std::span<std::byte> nonce) mutable {
        for (std::byte& byte : nonce) byte = std::byte{n++};
    };
}

Envelope sealing_envelope(std::string label = {}) {
    Envelope envelope;
    envelope.label = std::move(label);
    EXPECT_TRUE(envelope.keys.add(Bytes(16, std::byte{7})));
    return envelope;
}

const Message ping = Ping{42, "n1", {}};
const Message nack = Nack{7};

Bytes encode(const std::vector<Message>& messages, const Envelope& envelope,
             bool with_crc = false) {
    std::vector<Bytes> parts;
    for (const Message& message : messages) parts.push_back(encode_message(message));
    return encode_packet(parts, envelope, with_crc, counting_nonces());
}

Bytes compound_of(const std::vector<Bytes>& parts) {
    Bytes out;
    append_compound(out, parts);
    return out;
}

Reason only_reason(const PacketContents& contents) {
    EXPECT_TRUE(contents.messages.empty());
    EXPECT_EQ(contents.refusals.size(), 1u);
    return contents.refusals.empty() ? Reason{} : contents.refusals[0].reason;
}

TEST(Packet, comes_back_through_every_combination_of_envelopes) {
    const std::vector<Message> many(7, Suspect{3, std::string(40, 'x'), "somebody"});
    for (const bool sealed : {false, true})
        for (const char* label : {"", "prod"})
            for (const bool crc : {false, true})
                for (const bool compressed : {false, true})
                    for (const auto& messages :
                         {std::vector{ping}, std::vector{ping, nack}, many}) {
                        Envelope envelope = sealed ? sealing_envelope(label) : Envelope{};
                        envelope.label = label;
                        envelope.compress = compressed;
                        const Bytes packet = encode(messages, envelope, crc);
                        const PacketContents contents = decode_packet(packet, envelope);
                        EXPECT_EQ(contents.messages, messages);
                        EXPECT_TRUE(contents.refusals.empty());
                    }
}

TEST(Packet, is_compressed_only_where_that_makes_it_smaller) {
    const std::vector<Message> many(7, Suspect{3, std::string(40, 'x'), "somebody"});
    Envelope envelope;
    EXPECT_EQ(encode(many, envelope)[0], std::byte{9});
    EXPECT_EQ(encode({ping}, envelope)[0], std::byte{0});
    envelope.compress = false;
    EXPECT_EQ(encode(many, envelope)[0], std::byte{7});
}

TEST(Packet, room_is_what_label_and_seal_leave) {
    EXPECT_EQ(packet_room(Envelope{}, 1400), 1400u);
    EXPECT_EQ(packet_room(sealing_envelope("prod"), 1400), 1400u - 29 - 6);
    EXPECT_EQ(packet_room(sealing_envelope("prod"), 20), 0u);
    Envelope envelope = sealing_envelope("prod");
    envelope.compress = false;
    const Bytes message(packet_room(envelope, 1400), std::byte{8});
    EXPECT_EQ(encode_packet({&message, 1}, envelope, false, counting_nonces()).size(), 1400u);
}

TEST(Packet, yields_the_parts_that_are_whole_when_it_is_cut_off) {
    const Envelope envelope;
    const Bytes packet = encode({ping, nack, ping}, envelope);
    const auto contents = decode_packet(ByteView(packet).first(packet.size() - 1), envelope);
    EXPECT_EQ(contents.messages, (std::vector{ping, nack}));
    ASSERT_EQ(contents.refusals.size(), 1u);
    EXPECT_EQ(contents.refusals[0], (Refusal{Reason::Truncated, "compound: 1 parts are cut off"}));
}

TEST(Packet, with_a_bad_part_yields_the_others) {
    const Bytes packet = compound_of({encode_message(ping), Bytes{std::byte{4}, std::byte{0xff}},
                                      Bytes{std::byte{99}}, encode_message(nack)});
    const auto contents = decode_packet(packet, Envelope{});
    EXPECT_EQ(contents.messages, (std::vector{ping, nack}));
    ASSERT_EQ(contents.refusals.size(), 2u);
    EXPECT_EQ(contents.refusals[0].reason, Reason::BadBody);
    EXPECT_EQ(contents.refusals[1].reason, Reason::UnknownType);
}

TEST(Packet, may_nest_two_compressions_and_two_compounds_and_no_more) {
    Bytes packet = encode_message(ping);
    for (int i = 0; i < 2; ++i) packet = compress(compound_of({packet}));
    EXPECT_EQ(decode_packet(packet, Envelope{}).messages, std::vector{ping});
    EXPECT_EQ(only_reason(decode_packet(compress(packet), Envelope{})), Reason::TooDeep);
    EXPECT_EQ(only_reason(decode_packet(compound_of({packet}), Envelope{})), Reason::TooDeep);
}

TEST(Packet, may_inflate_to_a_mebibyte_in_all) {
    Bytes large(packet_inflated_bytes_max, std::byte{8});
    EXPECT_EQ(decode_packet(compress(large), Envelope{}).messages.size(), 1u);
    large.push_back(std::byte{8});
    EXPECT_EQ(only_reason(decode_packet(compress(large), Envelope{})), Reason::TooLarge);
    large.resize(packet_inflated_bytes_max / 2 + 1);
    const auto twice = decode_packet(compound_of({compress(large), compress(large)}), Envelope{});
    EXPECT_EQ(twice.messages.size(), 1u);
    ASSERT_EQ(twice.refusals.size(), 1u);
    EXPECT_EQ(twice.refusals[0].reason, Reason::TooLarge);
}

TEST(Packet, that_failed_to_inflate_once_gets_no_second_allowance) {
    const Bytes bomb = compress(Bytes(packet_inflated_bytes_max + 1));
    const auto contents =
        decode_packet(compound_of({bomb, compress(Bytes(100, std::byte{8}))}), Envelope{});
    EXPECT_TRUE(contents.messages.empty());
    EXPECT_EQ(contents.refusals.size(), 2u);
}

TEST(Packet, holds_510_messages_at_most) {
    const Bytes inner = compound_of(std::vector<Bytes>(255, encode_message(nack)));
    const auto full = decode_packet(compound_of({inner, inner}), Envelope{});
    EXPECT_EQ(full.messages.size(), 510u);
    EXPECT_TRUE(full.refusals.empty());
    const auto over = decode_packet(compound_of(std::vector<Bytes>(20, inner)), Envelope{});
    EXPECT_EQ(over.messages.size(), 510u);
    ASSERT_EQ(over.refusals.size(), 1u);
    EXPECT_EQ(over.refusals[0].reason, Reason::TooLarge);
}

TEST(Packet, of_another_cluster_is_told_by_its_label) {
    Envelope prod;
    prod.label = "prod";
    Envelope test;
    test.label = "test";
    EXPECT_EQ(only_reason(decode_packet(encode({ping}, prod), test)), Reason::LabelMismatch);
    EXPECT_EQ(only_reason(decode_packet(encode({ping}, prod), Envelope{})), Reason::LabelMismatch);
    EXPECT_EQ(only_reason(decode_packet(encode({ping}, Envelope{}), prod)), Reason::LabelMismatch);
}

TEST(Packet, in_plain_is_refused_where_sealed_ones_are_wanted) {
    const Envelope sealed = sealing_envelope();
    EXPECT_EQ(only_reason(decode_packet(encode({nack}, Envelope{}), sealed)), Reason::NotEncrypted);
    EXPECT_EQ(only_reason(decode_packet(encode({ping}, Envelope{}), sealed)), Reason::NotEncrypted);
    const Message long_ping = Ping{7, "a name that makes it longer than any seal must be", {}};
    EXPECT_EQ(only_reason(decode_packet(encode({long_ping}, Envelope{}), sealed)),
              Reason::NotEncrypted);
    EXPECT_EQ(only_reason(decode_packet(encode({nack}, sealed), Envelope{})),
              Reason::Undecryptable);
}

TEST(Packet, sealed_with_a_foreign_key_is_never_taken_for_a_plain_one) {
    const Envelope ours = sealing_envelope();
    for (int first = 0; first < 256; ++first) {
        Bytes packet(64, std::byte{0x5a});
        packet[0] = std::byte{0};
        packet[1] = static_cast<std::byte>(first);
        EXPECT_EQ(only_reason(decode_packet(packet, ours)), Reason::Undecryptable) << first;
    }
}

TEST(Packet, in_plain_passes_while_encryption_is_being_introduced) {
    Envelope envelope = sealing_envelope();
    envelope.verify_incoming = false;
    envelope.verify_outgoing = false;
    const Bytes plain = encode({ping}, envelope);
    EXPECT_EQ(plain, encode_message(ping));
    EXPECT_EQ(decode_packet(plain, envelope).messages, std::vector{ping});
    const Bytes sealed = encode({ping}, sealing_envelope());
    EXPECT_EQ(decode_packet(sealed, envelope).messages, std::vector{ping});
}

TEST(Packet, whose_label_was_changed_does_not_open) {
    const Envelope prod = sealing_envelope("prod");
    const Bytes packet = encode({ping}, prod);
    const Envelope test = sealing_envelope("test");
    Bytes relabelled;
    append_label(relabelled, "test");
    append(relabelled, ByteView(packet).subspan(6));
    EXPECT_EQ(only_reason(decode_packet(relabelled, test)), Reason::Undecryptable);
}

TEST(Packet, with_any_bit_flipped_under_a_checksum_is_refused_or_not_checked) {
    const Bytes packet = encode({ping, nack}, Envelope{}, true);
    for (std::size_t bit = 8; bit < packet.size() * 8; ++bit) {
        Bytes changed = packet;
        changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        EXPECT_EQ(only_reason(decode_packet(changed, Envelope{})), Reason::BadCrc) << bit;
    }
}

}  // namespace
}  // namespace scrimp::wire
