// memberlist's own tables for the wire, played to our codec: the values of its util_test.go,
// security_test.go and net_test.go (0.2.2) and of label_test.go (0.6). docs/proof.md says which of
// its tests is which of ours.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "wire/compression.h"
#include "wire/label.h"
#include "wire/packet.h"
#include "wire/stream.h"

namespace scrimp::wire {
namespace {

/// A ping of nothing but its number: what util_test.go makes its compounds of.
Bytes bare_ping() {
    return encode_message(Ping{100, "", {}});
}

Bytes three_pings() {
    Bytes compound;
    append_compound(compound, std::vector(3, bare_ping()));
    return compound;
}

NonceSource counting_nonces() {
    return [n = std::uint8_t{0}](std::span<std::byte> nonce) mutable {
        for (std::byte& byte : nonce) byte = std::byte{n++};
    };
}

Keyring keyring_of(const Bytes& key) {
    Keyring ring;
    EXPECT_TRUE(ring.add(key));
    return ring;
}

Bytes first_key() {
    Bytes key;
    for (std::uint8_t byte = 0; byte < 16; ++byte) append_u8(key, byte);
    return key;
}

// ---- util_test.go ---------------------------------------------------------------------------

TEST(MemberlistTables, a_compound_costs_two_bytes_and_two_for_each_part) {
    EXPECT_EQ(three_pings().size(), 3 * bare_ping().size() + 3 * 2 + 2);
}

TEST(MemberlistTables, a_compound_of_three_is_three) {
    const PacketContents contents = decode_packet(three_pings(), {});
    EXPECT_EQ(contents.messages, std::vector<Message>(3, Ping{100, "", {}}));
    EXPECT_TRUE(contents.refusals.empty());
}

TEST(MemberlistTables, a_compound_cut_at_byte_38_yields_two_and_says_that_one_is_missing) {
    const PacketContents contents = decode_packet(ByteView(three_pings()).first(38), {});
    EXPECT_EQ(contents.messages, std::vector<Message>(2, Ping{100, "", {}}));
    ASSERT_EQ(contents.refusals.size(), 1u);
    EXPECT_EQ(contents.refusals[0].reason, Reason::Truncated);
}

TEST(MemberlistTables, what_is_compressed_comes_back) {
    const Bytes compressed = compress(view_of("testing"));
    EXPECT_EQ(compressed[0], std::byte{9});
    EXPECT_EQ(decompress(ByteView(compressed).subspan(1), 100), to_bytes("testing"));
}

// ---- security_test.go -----------------------------------------------------------------------

TEST(MemberlistTables, padding_of_every_length_from_0_to_255_comes_off_again) {
    const Keyring ring = keyring_of(first_key());
    for (std::size_t size = 0; size <= 255; ++size) {
        const Bytes plain(size, static_cast<std::byte>(size));
        Bytes sealed;
        ring.seal_as(sealed, plain, {}, Sealing{.version = 0});
        EXPECT_EQ((sealed.size() - seal_overhead) % 16, 0u);
        EXPECT_EQ(sealed.size() - seal_overhead, size / 16 * 16 + 16) << "at least one, even whole";
        EXPECT_EQ(ring.open(sealed, {}), plain) << size;
    }
}

TEST(MemberlistTables, both_versions_seal_to_the_length_memberlist_computes_and_open_again) {
    const Keyring ring = keyring_of(first_key());
    const Bytes plain = to_bytes("this is a plain text message");
    const ByteView extra = view_of("random data");
    for (const auto& [version, length] : {std::pair{0, 61}, std::pair{1, 57}}) {
        Bytes sealed;
        ring.seal_as(sealed, plain, extra, Sealing{.version = static_cast<std::uint8_t>(version)});
        EXPECT_EQ(sealed.size(), static_cast<std::size_t>(length));
        EXPECT_EQ(ring.open(sealed, extra), plain);
        EXPECT_FALSE(ring.open(sealed, view_of("other data")));
    }
}

// ---- keyring_test.go ------------------------------------------------------------------------

Bytes second_key() {
    Bytes key = first_key();
    std::ranges::reverse(key);
    return key;
}

TEST(MemberlistTables, keys_are_added_used_and_removed) {
    Keyring ring = keyring_of(second_key());
    EXPECT_FALSE(ring.use(first_key())) << "not there yet";
    ASSERT_TRUE(ring.add(first_key()));
    EXPECT_EQ(ring.size(), 2u);
    EXPECT_EQ(ring.fingerprints()[0], fingerprint_of(second_key())) << "adding changes no primary";
    ASSERT_TRUE(ring.use(first_key()));
    EXPECT_EQ(ring.fingerprints()[0], fingerprint_of(first_key()));
    EXPECT_FALSE(ring.remove(first_key())) << "the primary stays";
    EXPECT_TRUE(ring.remove(second_key()));
    EXPECT_EQ(ring.size(), 1u);
}

TEST(MemberlistTables, a_removed_key_opens_nothing) {
    const Bytes plain = to_bytes("this is a plain text message");
    const ByteView extra = view_of("random data");
    Keyring ring = keyring_of(first_key());
    ASSERT_TRUE(ring.add(second_key()));
    const Bytes by_first = keyring_of(first_key()).seal(plain, extra, counting_nonces());
    const Bytes by_second = keyring_of(second_key()).seal(plain, extra, counting_nonces());
    EXPECT_EQ(ring.open(by_first, extra), plain);
    EXPECT_EQ(ring.open(by_second, extra), plain);
    ASSERT_TRUE(ring.remove(second_key()));
    EXPECT_FALSE(ring.open(by_second, extra));
}

// ---- net_test.go ----------------------------------------------------------------------------

TEST(MemberlistTables, a_checksum_that_is_right_passes_and_one_that_is_wrong_does_not) {
    const std::vector<Bytes> parts{bare_ping()};
    Bytes packet = encode_packet(parts, {}, true, counting_nonces());
    EXPECT_EQ(packet[0], std::byte{12});
    EXPECT_EQ(decode_packet(packet, {}).messages.size(), 1u);
    packet[1] ^= std::byte{1};
    const PacketContents contents = decode_packet(packet, {});
    EXPECT_TRUE(contents.messages.empty());
    ASSERT_EQ(contents.refusals.size(), 1u);
    EXPECT_EQ(contents.refusals[0].reason, Reason::BadCrc);
}

TEST(MemberlistTables, an_empty_packet_is_refused_as_such) {
    const PacketContents contents = decode_packet({}, {});
    ASSERT_EQ(contents.refusals.size(), 1u);
    EXPECT_EQ(contents.refusals[0].reason, Reason::Empty);
}

// ---- label_test.go --------------------------------------------------------------------------

struct LabelCase {
    const char* what;
    Bytes bytes;
    std::optional<Reason> refused;
    std::string label;
    Bytes rest;
};

std::vector<LabelCase> label_cases() {
    const auto hex = [](std::string_view text) { return *parse_hex(text); };
    const Bytes ping = hex("00626c6168"), err = hex("0d626c6168"), sealed = hex("01626c6168");
    return {
        {"nothing", {}, {}, "", {}},
        {"a ping without label", ping, {}, "", ping},
        {"an error without label", err, {}, "", err},
        {"a seal without label", sealed, {}, "", sealed},
        {"an x where a length is wanted", hex("f478"), Reason::Truncated, "", {}},
        {"no length", hex("f4"), Reason::Truncated, "", {}},
        {"a length of 0", hex("f40078"), Reason::LabelMismatch, "", {}},
        {"a label cut off", hex("f40278"), Reason::Truncated, "", {}},
        {"a ping with label", hex("f40361626300626c6168"), {}, "abc", ping},
        {"an error with label", hex("f4036162630d626c6168"), {}, "abc", err},
        {"a seal with label", hex("f40361626301626c6168"), {}, "abc", sealed},
    };
}

TEST(MemberlistTables, a_label_header_is_read_or_refused_as_there) {
    for (const LabelCase& each : label_cases()) {
        const auto header = read_label(each.bytes);
        ASSERT_EQ(header.has_value(), !each.refused) << each.what;
        if (!header) {
            EXPECT_EQ(header.error().reason, *each.refused) << each.what;
            continue;
        }
        EXPECT_EQ(header->label, each.label) << each.what;
        EXPECT_TRUE(equal(ByteView(each.bytes).subspan(header->size), each.rest)) << each.what;
    }
}

TEST(MemberlistTables, a_label_header_is_written_as_there) {
    const auto labelled = [](std::string_view label, std::string_view content) {
        Bytes out;
        append_label(out, label);
        append(out, view_of(content));
        return std::string(text_of(out));
    };
    const std::string longest(255, 'a');
    EXPECT_EQ(labelled("", ""), "");
    EXPECT_EQ(labelled("foo", ""),
              "\xf4\x03"
              "foo");
    EXPECT_EQ(labelled("foo", "something"),
              "\xf4\x03"
              "foosomething");
    EXPECT_EQ(labelled("", "something"), "something");
    EXPECT_EQ(labelled(longest, "something"), "\xf4\xff" + longest + "something");
}

TEST(MemberlistTablesDeathTest, a_label_of_256_bytes_is_our_own_mistake) {
    Bytes out;
    EXPECT_DEATH(append_label(out, std::string(256, 'a')), "label_bytes_max");
}

TEST(MemberlistTables, a_label_costs_its_length_and_two) {
    const auto overhead = [](std::string label) {
        Envelope envelope;
        envelope.label = std::move(label);
        return 1400 - packet_room(envelope, 1400);
    };
    EXPECT_EQ(overhead(""), 0u);
    EXPECT_EQ(overhead("a"), 3u);
    EXPECT_EQ(overhead("abcdefg"), 9u);
}

TEST(MemberlistTables, a_label_before_a_stream_is_read_or_refused_alike_in_single_bytes) {
    for (const LabelCase& each : label_cases()) {
        Envelope envelope;
        envelope.label = each.label;
        StreamReader reader(envelope, Direction::FromDialer);
        StreamReader::Status status = StreamReader::Status::NeedsMore;
        for (std::size_t at = 0; at < each.bytes.size(); ++at) {
            if (status != StreamReader::Status::NeedsMore) break;
            status = reader.feed(ByteView(each.bytes).subspan(at, 1));
        }
        // A stream that is cut off waits for the rest; what follows a whole label is no message.
        if (each.refused == Reason::LabelMismatch) {
            ASSERT_EQ(status, StreamReader::Status::Refused) << each.what;
            EXPECT_EQ(reader.refusal().reason, Reason::LabelMismatch) << each.what;
        }
        if (each.refused == Reason::Truncated) {
            EXPECT_EQ(status, StreamReader::Status::NeedsMore) << each.what;
        }
        EXPECT_EQ(reader.layers().labelled, !each.label.empty()) << each.what;
    }
}

}  // namespace
}  // namespace scrimp::wire
