#include <gtest/gtest.h>

#include "wire/packet.h"
#include "wire/stream.h"

namespace scrimp::wire {
namespace {

const NonceSource counting = [n = std::uint8_t{0}](std::span<std::byte> out) mutable {
    for (std::byte& byte : out) byte = std::byte{n++};
};

TEST(Packet, that_is_labelled_sealed_and_checked_comes_back) {
    Envelope envelope;
    ASSERT_TRUE(envelope.keys.add(Bytes(16, std::byte{7})));
    envelope.label = "prod";
    const std::vector<Bytes> parts{encode_message(Ping{42, "n1", {}}), encode_message(Nack{7})};
    const Bytes packet = encode_packet(parts, envelope, true, counting);
    const auto contents = decode_packet(packet, envelope);
    ASSERT_TRUE(contents.refusals.empty()) << contents.refusals[0].detail;
    EXPECT_EQ(contents.messages, (std::vector<Message>{Ping{42, "n1", {}}, Nack{7}}));
}

TEST(Stream, comes_back_whole_when_fed_byte_by_byte) {
    Envelope envelope;
    PushPull state;
    for (int i = 0; i < 50; ++i)
        state.nodes.push_back(
            {"node" + std::to_string(i), Bytes(4), 7946, std::nullopt, 1, 0, Bytes(6)});
    state.user_state = Bytes(100, std::byte{1});
    for (int sealed = 0; sealed < 2; ++sealed) {
        const Bytes stream = encode_stream(state, envelope, Direction::FromDialer, counting);
        StreamReader reader(envelope, Direction::FromDialer);
        auto status = StreamReader::Status::NeedsMore;
        for (const std::byte& byte : stream) status = reader.feed({&byte, 1});
        ASSERT_EQ(status, StreamReader::Status::Complete) << reader.refusal().detail;
        EXPECT_EQ(reader.take(), StreamMessage(state));
        ASSERT_TRUE(envelope.keys.add(Bytes(16, std::byte{7})));
    }
}

}  // namespace
}  // namespace scrimp::wire
