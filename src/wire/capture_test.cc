// Every payload of the captures in tests/golden/captures (Go memberlist 0.2.2 talking to itself)
// decodes whole and re-encodes to the bytes that were on the wire.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <tuple>

#include "wire/tree.h"

namespace scrimp::wire {
namespace {

/// What one side said: a datagram, or everything it wrote to one connection.
struct Payload {
    Transport transport;
    Direction direction;
    Bytes bytes;
};

std::uint32_t read_u32le(ByteView bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;)
        value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
    return value;
}

/// Reads a little-endian pcap file of Ethernet, IPv4 without options, UDP and TCP. TCP segments are
/// put in order by sequence number, repetitions dropped; loopback loses nothing.
class CaptureReader {
  public:
    explicit CaptureReader(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        const Bytes bytes = to_bytes(text);
        constexpr std::size_t file_header = 24;
        constexpr std::size_t record_header = 16;
        for (std::size_t at = file_header; at + record_header <= bytes.size();) {
            const std::size_t size = read_u32le(bytes, at + 8);
            at += record_header;
            read_frame(ByteView(bytes).subspan(at, size));
            at += size;
        }
    }

    std::vector<Payload> take() {
        for (auto& [flow, stream] : streams_) {
            Bytes bytes;
            for (const auto& [sequence, segment] : stream.segments) {
                EXPECT_EQ(sequence, bytes.size()) << "a segment is missing";
                append(bytes, segment);
            }
            if (!bytes.empty())
                payloads_.push_back({Transport::Stream, stream.direction, std::move(bytes)});
        }
        return std::move(payloads_);
    }

  private:
    using Flow = std::tuple<std::uint32_t, std::uint16_t, std::uint32_t, std::uint16_t>;
    struct Stream {
        Direction direction{};
        std::uint32_t first = 0;
        std::map<std::uint32_t, Bytes> segments;
    };

    void read_frame(ByteView frame) {
        constexpr std::size_t ethernet_header = 14;
        constexpr std::size_t ip_header = 20;
        const ByteView ip = frame.subspan(ethernet_header);
        const auto protocol = std::to_integer<unsigned>(ip[9]);
        const ByteView rest =
            ip.first(read_u16be(ip, 2)).subspan(ip_header);  // Less any Ethernet padding.
        constexpr unsigned udp = 17;
        constexpr unsigned tcp = 6;
        if (protocol == udp)
            payloads_.push_back({Transport::Packet, {}, to_bytes(rest.subspan(8))});
        if (protocol == tcp)
            read_segment(
                {read_u32be(ip, 12), read_u16be(rest, 0), read_u32be(ip, 16), read_u16be(rest, 2)},
                rest);
    }

    void read_segment(const Flow& flow, ByteView tcp) {
        const std::uint32_t sequence = read_u32be(tcp, 4);
        const auto flags = std::to_integer<unsigned>(tcp[13]);
        const bool opens = (flags & 0x02) != 0;
        const bool answers = (flags & 0x10) != 0;
        Stream& stream = streams_[flow];
        if (opens) {
            stream.direction = answers ? Direction::FromAcceptor : Direction::FromDialer;
            stream.first = sequence + 1;
        }
        const ByteView data = tcp.subspan(std::to_integer<std::size_t>(tcp[12] >> 4) * 4);
        if (!data.empty()) stream.segments[sequence - stream.first] = to_bytes(data);
    }

    std::vector<Payload> payloads_;
    std::map<Flow, Stream> streams_;
};

std::vector<Payload> read_capture(const std::string& name) {
    return CaptureReader(SCRIMP_SOURCE_DIR "/tests/golden/captures/" + name + ".pcap").take();
}

std::string first_refusal(const Tree& tree) {
    if (const auto* refusal = std::get_if<Refusal>(&tree.content)) return refusal->detail;
    for (const Tree& part : tree.parts)
        if (auto found = first_refusal(part); !found.empty()) return found;
    return {};
}

struct Counts {
    int packets = 0;
    int streams = 0;
    int layers = 0;
};

Counts expect_whole(const std::string& name, const Envelope& envelope) {
    Counts counts;
    for (const Payload& payload : read_capture(name)) {
        const bool packet = payload.transport == Transport::Packet;
        ++(packet ? counts.packets : counts.streams);
        const Tree tree = packet ? read_packet_tree(payload.bytes, envelope)
                                 : read_stream_tree(payload.bytes, envelope, payload.direction);
        EXPECT_FALSE(has_refusal(tree)) << to_hex(payload.bytes) << '\n' << first_refusal(tree);
        EXPECT_EQ(to_hex(encode_tree(tree, payload.transport, envelope).value_or(Bytes{})),
                  to_hex(payload.bytes));
        counts.layers += std::holds_alternative<Layer>(tree.content);
    }
    return counts;
}

TEST(Capture, of_plain_peers_decodes_whole_and_reencodes) {
    const Counts counts = expect_whole("plain-nocompress", {});
    EXPECT_EQ(counts.packets, 111);
    EXPECT_EQ(counts.streams, 20);
}

TEST(Capture, of_compressing_peers_decodes_whole_and_reencodes) {
    const Counts counts = expect_whole("compress-default", {});
    EXPECT_EQ(counts.packets, 103);
    EXPECT_EQ(counts.streams, 22);
}

TEST(Capture, of_encrypting_peers_decodes_whole_and_reencodes) {
    Envelope envelope;
    ASSERT_TRUE(envelope.keys.add(*parse_hex("000102030405060708090a0b0c0d0e0f")));
    const Counts counts = expect_whole("enc-aes128", envelope);
    EXPECT_EQ(counts.packets, 112);
    EXPECT_EQ(counts.streams, 20);
    EXPECT_EQ(counts.layers, counts.packets + counts.streams);
}

}  // namespace
}  // namespace scrimp::wire
