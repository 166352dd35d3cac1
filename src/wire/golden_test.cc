// Vectors made by the packaged Go library (tests/golden/generate): what it writes, we write and
// read; what it tolerates, we tolerate.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "wire/body.h"
#include "wire/compression.h"
#include "wire/crc32.h"
#include "wire/lzw.h"
#include "wire/tree.h"

namespace scrimp::wire {
namespace {

using Words = std::vector<std::string>;

/// The words after KIND of each line of that kind.
std::vector<Words> lines_of(const std::string& kind) {
    std::ifstream file(SCRIMP_SOURCE_DIR "/tests/golden/vectors.txt");
    std::vector<Words> lines;
    for (std::string line; std::getline(file, line);) {
        std::istringstream in(line);
        std::string word;
        in >> word;
        if (word != kind) continue;
        lines.emplace_back();
        while (in >> word) lines.back().push_back(word);
    }
    EXPECT_FALSE(lines.empty()) << kind;
    return lines;
}

Bytes bytes_of(const std::string& word) {
    return word == "-" ? Bytes{} : *parse_hex(word);
}

const Bytes address = *parse_hex("0a000001");
const Bytes versions = *parse_hex("010502000000");
const Source source{address, 7946, "n0"};
const NodeState n1{"n1", address, 7946, std::nullopt, 1, 0, versions};
const NodeState n2{"n2", address, 7946, to_bytes("m"), 65536, 3, std::nullopt};

const std::map<std::string, Message> messages{
    {"ping", Ping{42, "n1", {}}},
    {"ping-from", Ping{42, "n1", source}},
    {"indirect", IndirectPing{42, address, 7946, "n1", true, {}}},
    {"indirect-from", IndirectPing{70000, address, 7946, "n1", false, source}},
    {"ack", Ack{42, std::nullopt}},
    {"ack-payload", Ack{1u << 31, to_bytes("hello")}},
    {"nack", Nack{42}},
    {"suspect", Suspect{300, "n1", "n0"}},
    {"dead", Dead{1, "n1", "n1"}},
    {"alive", Alive{1, "n1", address, 7946, std::nullopt, versions}},
    {"alive-empty-meta", Alive{1, "n1", address, 7946, Bytes{}, versions}},
    {"alive-meta40", Alive{200, "n1", address, 80, Bytes(40, std::byte{0x1f}), versions}},
    {"alive-meta300", Alive{4294967295, std::string(40, 'n'), address, 65535,
                            Bytes(300, std::byte{0x8b}), versions}},
    {"user", User{to_bytes("hello")}},
};

const std::map<std::string, StreamMessage> stream_messages{
    {"push-pull", PushPull{true, {n1}, {}}},
    {"push-pull-state", PushPull{false, {n1, n2}, to_bytes("hello")}},
    {"user", User{to_bytes("hello")}},
    {"err", Err{"no"}},
    {"ping", Ping{42, "n1", {}}},
    {"ack", Ack{42, std::nullopt}},
};

TEST(Golden, messages_are_written_and_read_as_go_writes_them) {
    for (const Words& line : lines_of("message")) {
        const Message& message = messages.at(line[0]);
        EXPECT_EQ(to_hex(encode_message(message)), line[1]) << line[0];
        const auto decoded = decode_message(bytes_of(line[1]));
        ASSERT_TRUE(decoded) << line[0] << ": " << decoded.error().message;
        EXPECT_EQ(*decoded, message) << line[0];
    }
}

TEST(Golden, stream_operations_are_written_and_read_as_go_writes_them) {
    const Envelope envelope;
    for (const Words& line : lines_of("stream")) {
        const StreamMessage& message = stream_messages.at(line[0]);
        EXPECT_EQ(to_hex(encode_stream_body(message)), line[1]) << line[0];
        StreamReader reader(envelope, Direction::FromDialer);
        ASSERT_EQ(reader.feed(bytes_of(line[1])), StreamReader::Status::Complete) << line[0];
        EXPECT_EQ(reader.take(), message) << line[0];
    }
}

TEST(Golden, envelopes_are_written_and_read_as_go_writes_them) {
    std::map<std::string, Bytes> packets;
    for (const Words& line : lines_of("packet")) packets[line[0]] = bytes_of(line[1]);
    const std::vector<Bytes> parts{encode_message(messages.at("ack")),
                                   encode_message(messages.at("nack"))};
    Envelope envelope;
    const NonceSource none = [](std::span<std::byte>) {};
    EXPECT_EQ(encode_packet(parts, envelope, false, none), packets["compound"]);
    EXPECT_EQ(encode_packet(parts, envelope, true, none), packets["crc-compound"]);
    const std::vector<Message> both{messages.at("ack"), messages.at("nack")};
    EXPECT_EQ(decode_packet(packets["crc-compound"], envelope).messages, both);

    const Message suspicion = Suspect{300, std::string(60, 'n'), std::string(60, 'n')};
    const Bytes plain = encode_message(suspicion);
    EXPECT_EQ(encode_packet({&plain, 1}, envelope, false, none), packets["compressed-suspect"]);
    EXPECT_EQ(decode_packet(packets["compressed-suspect"], envelope).messages.front(), suspicion);

    // Labels came after the packaged release; this one is by the rule of label.go.
    envelope.label = "prod";
    EXPECT_EQ(to_hex(encode_packet({parts.data(), 1}, envelope, false, none)),
              "f40470726f640282a75061796c6f6164c0a55365714e6f2a");
}

TEST(Golden, lzw_writes_the_bytes_go_writes) {
    for (const Words& line : lines_of("lzw")) {
        EXPECT_EQ(to_hex(lzw_encode(bytes_of(line[0]))), line[1]);
        EXPECT_EQ(lzw_decode(bytes_of(line[1]), 100), bytes_of(line[0]));
    }
}

TEST(Golden, lzw_agrees_with_go_over_widths_clears_and_full_tables) {
    for (const Words& line : lines_of("lzw-sum")) {
        const auto alphabet = static_cast<std::uint32_t>(std::stoul(line[0]));
        Bytes plain(std::stoul(line[1]));
        std::uint32_t state = alphabet + static_cast<std::uint32_t>(plain.size());
        for (std::byte& byte : plain) {
            state = state * 1664525 + 1013904223;
            byte = static_cast<std::byte>((state >> 24) % alphabet);
        }
        const Bytes compressed = lzw_encode(plain);
        EXPECT_EQ(compressed.size(), std::stoul(line[2])) << line[0] << ' ' << line[1];
        EXPECT_EQ(crc32(compressed), std::stoul(line[3])) << line[0] << ' ' << line[1];
        EXPECT_EQ(lzw_decode(compressed, plain.size()), plain) << line[0] << ' ' << line[1];
    }
}

TEST(Golden, seals_of_both_versions_open_and_are_made_again) {
    for (const Words& line : lines_of("seal")) {
        const auto version = static_cast<std::uint8_t>(std::stoul(line[0]));
        const Bytes associated = bytes_of(line[2]);
        const Bytes plain = bytes_of(line[3]);
        const Bytes sealed = bytes_of(line[4]);
        Keyring keys;
        ASSERT_TRUE(keys.add(bytes_of(line[1])));
        const auto opened = keys.open_sealed(sealed, associated);
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ(opened->plain, plain);
        EXPECT_EQ(opened->sealing.version, version);
        Bytes again;
        keys.seal_as(again, plain, associated, opened->sealing);
        EXPECT_EQ(to_hex(again), line[4]);
    }
}

/// Whether we understand a body of the kind its vector's name starts with.
bool understands(const std::string& name, ByteView body) {
    if (name.starts_with("ping-")) {
        Ping ping;
        return decode_body(body, ping).has_value();
    }
    if (name.starts_with("alive-")) {
        Alive alive;
        return decode_body(body, alive).has_value();
    }
    if (name.starts_with("header-")) {
        PushPullHeader header;
        return decode_body(body, header).has_value();
    }
    Compression compression;
    return decode_body(body, compression).has_value();
}

TEST(Golden, what_go_tolerates_is_tolerated) {
    // Go would make a slice of minus one element and die; nobody sends structs as arrays or nil.
    const std::set<std::string> stricter{"header-nodes-negative", "ping-as-array", "ping-nil"};
    for (const Words& line : lines_of("accepts"))
        EXPECT_EQ(understands(line[0], bytes_of(line[1])), !stricter.contains(line[0])) << line[0];
}

TEST(Golden, what_go_refuses_is_refused) {
    // Later releases write strings in binary forms where the handle says so.
    const std::set<std::string> laxer{"ping-node-bin8", "ping-node-bin16"};
    for (const Words& line : lines_of("refuses"))
        EXPECT_EQ(understands(line[0], bytes_of(line[1])), laxer.contains(line[0])) << line[0];
}

}  // namespace
}  // namespace scrimp::wire
