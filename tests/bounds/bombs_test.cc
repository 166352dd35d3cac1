// A decompression bomb of any size costs at most the memory stated here (and in docs/proof.md).
#include <gtest/gtest.h>

#include "swim/node.h"
#include "tests/bounds/counted_memory.h"
#include "wire/compression.h"
#include "wire/packet.h"
#include "wire/stream.h"

namespace scrimp {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// The densest LZW there is: the table is filled with ever longer runs and never cleared; from then
/// on every 12 bits are some 3,800 bytes.
Bytes densest_lzw(std::size_t bytes) {
    Bytes out;
    std::uint32_t bits = 0;
    unsigned held = 0, width = 9, next = 257;
    const auto write = [&](unsigned code) {
        bits |= code << held;
        for (held += width; held >= 8; held -= 8, bits >>= 8) append_u8(out, bits & 0xff);
        if (next < 4095 && ++next == 1u << width && width < 12) ++width;
    };
    write(0);
    while (next < 4095) write(next);
    for (int i = 0; i < 2; ++i) write(next);  // To a whole byte, whatever was left.
    // From here on every code is twelve ones.
    out.resize(std::max(bytes, out.size()), std::byte{0xff});
    return out;
}

Bytes bomb(std::size_t compressed_bytes) {
    // As an honest peer wraps it: type byte, map of Algo and Buf.
    const Bytes lzw = densest_lzw(compressed_bytes);
    Bytes out = *parse_hex("0982a4416c676f00a3427566db");
    append_u32be(out, static_cast<std::uint32_t>(lzw.size()));
    append(out, lzw);
    return out;
}

TEST(Bombs, are_as_dense_as_the_format_allows) {
    const auto inflated = wire::decompress(ByteView(bomb(20'000)).subspan(1), 100 * mebibyte);
    ASSERT_FALSE(inflated);
    EXPECT_EQ(inflated.error().detail, "compress: the LZW data has no end code")
        << "all of it is valid: some 44 MB of 20 kB";
}

/// What a packet may inflate to, once while it grows and once grown, and what it is parsed into.
constexpr std::size_t packet_cost_max = 3 * mebibyte;

TEST(Bombs, in_a_packet_of_any_size_cost_at_most_three_mebibytes) {
    for (const std::size_t size : {100u, 1400u, 8000u, 30'000u, 60'000u}) {
        const Bytes packet = bomb(size);
        const bounds::Peak peak;
        const auto contents = wire::decode_packet(packet, {});
        EXPECT_TRUE(contents.messages.empty());
        EXPECT_LE(peak.bytes(), packet_cost_max) << size;
    }
}

TEST(Bombs, many_in_one_packet_cost_no_more_than_one) {
    std::vector<Bytes> parts(100, bomb(500));
    Bytes packet;
    wire::append_compound(packet, parts);
    const Bytes nested = wire::compress(packet);
    for (const Bytes& each : {packet, nested}) {
        const bounds::Peak peak;
        (void)wire::decode_packet(each, {});
        EXPECT_LE(peak.bytes(), packet_cost_max);
    }
}

TEST(Bombs, of_endless_messages_cost_at_most_three_mebibytes) {
    // What inflates within the limit and is all small messages, the most memory for its bytes.
    std::vector<Bytes> parts(255, *parse_hex("0b80"));
    Bytes compound;
    wire::append_compound(compound, parts);
    const Bytes packet = wire::compress(compound);
    const bounds::Peak peak;
    const auto contents = wire::decode_packet(packet, {});
    EXPECT_EQ(contents.messages.size(), 255u);
    EXPECT_LE(peak.bytes(), packet_cost_max);
}

/// What has come in (20 MiB), what it is kept in while it grows, and what it may inflate to.
constexpr std::size_t stream_cost_max = 96 * mebibyte;

TEST(Bombs, in_a_stream_of_any_size_cost_at_most_96_mebibytes) {
    for (const std::size_t size : {1'000u, 100'000u, 5'000'000u, 20'000'000u}) {
        const Bytes stream = bomb(size);
        const wire::Envelope envelope;
        const bounds::Peak peak;
        wire::StreamReader reader(envelope, wire::Direction::FromDialer);
        ASSERT_EQ(reader.feed(stream), wire::StreamReader::Status::Refused) << size;
        RecordProperty("peak_" + std::to_string(size), static_cast<int>(peak.bytes()));
        EXPECT_LE(peak.bytes(), stream_cost_max) << size;
    }
}

TEST(Bombs, under_a_seal_cost_their_own_size_more) {
    wire::Envelope envelope;
    ASSERT_TRUE(envelope.keys.add(Bytes(16, std::byte{1})));
    Bytes stream;
    wire::append_sealed_stream(stream, bomb(20'000'000), "", envelope.keys, {});
    const bounds::Peak peak;
    wire::StreamReader reader(envelope, wire::Direction::FromDialer);
    ASSERT_EQ(reader.feed(stream), wire::StreamReader::Status::Refused);
    EXPECT_LE(peak.bytes(), stream_cost_max + 20 * mebibyte);
}

/// All streams together hold 64 MiB at most (Config::streams_bytes_max), twice that while the
/// largest of them grows; one of them at a time is opened.
constexpr std::size_t node_cost_max = 150 * mebibyte;

TEST(Bombs, in_all_the_streams_of_a_node_together_cost_at_most_150_mebibytes) {
    const Endpoint self = *parse_endpoint("10.0.0.1:7946");
    swim::Node node(
        Instant{}, swim::lan_profile(), {"self", self, {}}, [](std::span<std::byte>) {}, 1);
    const Bytes stream = bomb(19'000'000);
    const bounds::Peak peak;
    std::vector<swim::StreamId> streams;
    for (int i = 0; i < 12; ++i) {
        streams.push_back(
            node.handle_stream_accepted(Instant{}, *parse_endpoint("10.0.0.2:40000")));
    }
    constexpr std::size_t piece = 64 * 1024;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        const ByteView bytes = ByteView(stream).subspan(at, std::min(piece, stream.size() - at));
        for (const swim::StreamId each : streams) node.handle_stream_bytes(Instant{}, each, bytes);
        while (node.poll_action()) {
        }
    }
    RecordProperty("peak", static_cast<int>(peak.bytes()));
    EXPECT_LE(peak.bytes(), node_cost_max);
    EXPECT_GT(node.stats().streams_refused, 0u);
}

}  // namespace
}  // namespace scrimp
