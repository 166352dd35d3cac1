// Every frame of tests/golden/malformed.txt is refused for the reason that stands there, or
// understood where it says so; none does harm.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "wire/packet.h"
#include "wire/stream.h"

namespace scrimp::wire {
namespace {

struct Frame {
    std::string transport;
    std::string name;
    Bytes bytes;
    std::string reason;
};

std::vector<Frame> read_frames(const std::string& transport) {
    std::ifstream file(SCRIMP_SOURCE_DIR "/tests/golden/malformed.txt");
    std::vector<Frame> frames;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(transport)) continue;
        std::istringstream in(line);
        Frame frame;
        std::string hex;
        in >> frame.transport >> frame.name >> hex >> frame.reason;
        if (hex != "-") frame.bytes = parse_hex(hex).value();
        frames.push_back(std::move(frame));
    }
    EXPECT_FALSE(frames.empty());
    return frames;
}

TEST(MalformedFrame, in_a_packet_is_refused_for_the_right_reason) {
    for (const Frame& frame : read_frames("udp")) {
        const PacketContents contents = decode_packet(frame.bytes, {});
        if (frame.reason == "-") {
            EXPECT_TRUE(contents.refusals.empty()) << frame.name;
            continue;
        }
        const bool in_part = frame.reason.starts_with('+');
        ASSERT_EQ(contents.refusals.size(), 1u) << frame.name;
        EXPECT_EQ(name_of(contents.refusals[0].reason), frame.reason.substr(in_part ? 1 : 0))
            << frame.name << ": " << contents.refusals[0].detail;
        EXPECT_EQ(contents.messages.size(), in_part ? 1u : 0u) << frame.name;
    }
}

TEST(MalformedFrame, in_a_stream_is_refused_for_the_right_reason) {
    const Envelope envelope;
    for (const Frame& frame : read_frames("tcp")) {
        StreamReader reader(envelope, Direction::FromDialer);
        ASSERT_EQ(reader.feed(frame.bytes), StreamReader::Status::Refused) << frame.name;
        EXPECT_EQ(name_of(reader.refusal().reason), frame.reason)
            << frame.name << ": " << reader.refusal().detail;
    }
}

TEST(MalformedFrame, in_a_stream_is_refused_byte_by_byte_too) {
    const Envelope envelope;
    for (const Frame& frame : read_frames("tcp")) {
        StreamReader reader(envelope, Direction::FromDialer);
        auto status = StreamReader::Status::NeedsMore;
        for (const std::byte& byte : frame.bytes) status = reader.feed({&byte, 1});
        ASSERT_EQ(status, StreamReader::Status::Refused) << frame.name;
        EXPECT_EQ(name_of(reader.refusal().reason), frame.reason) << frame.name;
    }
}

}  // namespace
}  // namespace scrimp::wire
