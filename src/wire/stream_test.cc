#include "wire/stream.h"

#include <gtest/gtest.h>

#include "wire/compression.h"

namespace scrimp::wire {
namespace {

using Status = StreamReader::Status;

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

PushPull state_of(std::size_t nodes, std::size_t user_state) {
    PushPull state;
    state.join = true;
    for (std::size_t i = 0; i < nodes; ++i)
        state.nodes.push_back({"node" + std::to_string(i), Bytes(4), 7946, Bytes(i % 50), 1,
                               static_cast<std::uint8_t>(i % 4), std::nullopt});
    state.user_state = Bytes(user_state, std::byte{1});
    return state;
}

const std::vector<StreamMessage> every_kind{Ping{42, "n1", {}},
                                            Ack{42, to_bytes("x")},
                                            Err{"no"},
                                            User{to_bytes("hello")},
                                            User{},
                                            state_of(0, 0),
                                            state_of(3, 0),
                                            state_of(100, 3000),
                                            User{Bytes(70'000)}};

Bytes encode(const StreamMessage& message, const Envelope& envelope,
             Direction direction = Direction::FromDialer) {
    return encode_stream(message, envelope, direction, counting_nonces());
}

Status feed_in_pieces(StreamReader& reader, ByteView stream, std::size_t piece) {
    Status status = Status::NeedsMore;
    while (!stream.empty()) {
        const std::size_t size = std::min(piece, stream.size());
        status = reader.feed(stream.first(size));
        stream = stream.subspan(size);
    }
    return status;
}

Reason reason_for(ByteView stream, const Envelope& envelope,
                  Direction direction = Direction::FromDialer) {
    StreamReader reader(envelope, direction);
    EXPECT_EQ(reader.feed(stream), Status::Refused);
    return reader.refusal().reason;
}

TEST(Stream, comes_back_through_every_combination_of_envelopes_in_any_split) {
    for (const bool sealed : {false, true})
        for (const char* label : {"", "prod"})
            for (const bool compressed : {false, true})
                for (const auto direction : {Direction::FromDialer, Direction::FromAcceptor})
                    for (const StreamMessage& message : every_kind) {
                        Envelope envelope = sealed ? sealing_envelope() : Envelope{};
                        envelope.label = label;
                        envelope.compress = compressed;
                        const Bytes stream = encode(message, envelope, direction);
                        for (const std::size_t piece : {std::size_t{7}, stream.size()}) {
                            StreamReader reader(envelope, direction);
                            ASSERT_EQ(feed_in_pieces(reader, stream, piece), Status::Complete);
                            EXPECT_EQ(reader.take(), message);
                        }
                    }
}

TEST(Stream, waits_at_every_length_but_the_last) {
    for (const bool sealed : {false, true}) {
        Envelope envelope = sealed ? sealing_envelope("prod") : Envelope{};
        const Bytes stream = encode(state_of(3, 10), envelope);
        StreamReader reader(envelope, Direction::FromDialer);
        for (std::size_t i = 0; i + 1 < stream.size(); ++i)
            ASSERT_EQ(reader.feed(ByteView(stream).subspan(i, 1)), Status::NeedsMore) << i;
        EXPECT_EQ(reader.feed(ByteView(stream).last(1)), Status::Complete);
    }
}

TEST(Stream, ignores_what_follows_the_message) {
    const Envelope envelope;
    Bytes stream = encode(User{to_bytes("hello")}, envelope);
    append(stream, to_bytes("more"));
    StreamReader reader(envelope, Direction::FromDialer);
    EXPECT_EQ(reader.feed(stream), Status::Complete);
    EXPECT_EQ(reader.feed(stream), Status::Complete);
    EXPECT_EQ(reader.take(), StreamMessage(User{to_bytes("hello")}));
}

TEST(Stream, carries_its_label_only_from_the_dialer) {
    Envelope envelope;
    envelope.label = "prod";
    EXPECT_EQ(to_hex(encode(Err{"no"}, envelope)), "f40470726f640d81a54572726f72a26e6f");
    EXPECT_EQ(to_hex(encode(Err{"no"}, envelope, Direction::FromAcceptor)),
              "0d81a54572726f72a26e6f");
    EXPECT_EQ(reason_for(encode(Err{"no"}, envelope), Envelope{}), Reason::LabelMismatch);
    EXPECT_EQ(reason_for(encode(Err{"no"}, Envelope{}), envelope), Reason::LabelMismatch);
    EXPECT_EQ(reason_for(encode(Err{"no"}, envelope), envelope, Direction::FromAcceptor),
              Reason::UnknownType);
}

TEST(Stream, is_authenticated_with_the_label_both_ways) {
    const Envelope prod = sealing_envelope("prod");
    const Envelope none = sealing_envelope();
    const Bytes answer = encode(Ack{1, {}}, prod, Direction::FromAcceptor);
    EXPECT_EQ(reason_for(answer, none, Direction::FromAcceptor), Reason::Undecryptable);
}

TEST(Stream, must_be_sealed_where_there_is_a_key_and_plain_where_there_is_none) {
    const Envelope sealed = sealing_envelope();
    EXPECT_EQ(reason_for(encode(Err{"no"}, Envelope{}), sealed), Reason::NotEncrypted);
    EXPECT_EQ(reason_for(encode(Err{"no"}, sealed), Envelope{}), Reason::Undecryptable);
    Envelope introducing = sealing_envelope();
    introducing.verify_incoming = false;
    StreamReader reader(introducing, Direction::FromDialer);
    EXPECT_EQ(reader.feed(encode(Err{"no"}, Envelope{})), Status::Complete);
}

TEST(Stream, refuses_a_sealed_length_beyond_the_limit_at_once) {
    const Envelope envelope = sealing_envelope();
    EXPECT_EQ(reason_for(parse_hex("0a01400001").value(), envelope), Reason::TooLarge);
    StreamReader reader(envelope, Direction::FromDialer);
    EXPECT_EQ(reader.feed(parse_hex("0a01400000").value()), Status::NeedsMore);
    EXPECT_EQ(reason_for(parse_hex("0a00000000").value(), envelope), Reason::Undecryptable);
}

TEST(Stream, refuses_more_bytes_and_more_nodes_than_its_limits) {
    const Envelope envelope;
    const StreamLimits tight{1000, 3};
    StreamReader nodes(envelope, Direction::FromDialer, tight);
    EXPECT_EQ(nodes.feed(encode_stream_body(state_of(4, 0))), Status::Refused);
    EXPECT_EQ(nodes.refusal().reason, Reason::TooLarge);
    StreamReader user_state(envelope, Direction::FromDialer, tight);
    EXPECT_EQ(user_state.feed(encode_stream_body(state_of(0, 1001))), Status::Refused);
    StreamReader user(envelope, Direction::FromDialer, tight);
    EXPECT_EQ(user.feed(encode_stream_body(User{Bytes(1001)})), Status::Refused);
    StreamReader allowed(envelope, Direction::FromDialer, tight);
    EXPECT_EQ(allowed.feed(encode_stream_body(User{Bytes(1000)})), Status::Complete);
}

TEST(Stream, refuses_a_peer_that_never_ends) {
    const Envelope envelope;
    StreamReader reader(envelope, Direction::FromDialer, {1000, 1000});
    // A push/pull of a thousand node states, as short as they can be.
    Status status = reader.feed(parse_hex("0681a54e6f646573cd03e8").value());
    for (int i = 0; i < 400 && status == Status::NeedsMore; ++i)
        status = reader.feed(parse_hex("82a441646472a40a000002a44e616d65a16e").value());
    ASSERT_EQ(status, Status::Refused);
    EXPECT_EQ(reader.refusal().reason, Reason::TooLarge);
}

TEST(Stream, refuses_node_states_of_no_possible_member) {
    const Envelope envelope;
    const auto status_of = [&](const NodeState& node) {
        StreamReader reader(envelope, Direction::FromDialer);
        return reader.feed(encode_stream_body(PushPull{false, {node}, {}}));
    };
    const NodeState honest{"n1", Bytes(4), 7946, std::nullopt, 1, 0, Bytes(6)};
    EXPECT_EQ(status_of(honest), Status::Complete);
    std::vector<NodeState> possible(5, honest);
    possible[0].name = std::string(255, 'n');
    possible[1].address = Bytes(16);
    possible[2].versions.reset();
    possible[3].meta = Bytes(513);  // Refused member by member.
    possible[4].versions = Bytes(3);
    for (const NodeState& node : possible) EXPECT_EQ(status_of(node), Status::Complete);
    std::vector<NodeState> impossible(7, honest);
    impossible[0].name.clear();
    impossible[1].name = std::string(256, 'n');
    impossible[2].address.reset();
    impossible[3].address = Bytes{};
    impossible[4].address = Bytes(5);
    impossible[5].versions = Bytes(7);
    impossible[6].state = 4;
    for (const NodeState& node : impossible) EXPECT_EQ(status_of(node), Status::Refused);
    // A million empty maps: refused at the first.
    EXPECT_EQ(reason_for(*parse_hex("0681a54e6f646573ce000f424080"), envelope), Reason::BadBody);
}

TEST(Stream, tells_what_it_holds_in_memory) {
    const Envelope envelope;
    StreamReader reader(envelope, Direction::FromDialer);
    EXPECT_EQ(reader.held(), 0u);
    Bytes states = encode_stream_body(state_of(1000, 1));
    states.pop_back();
    ASSERT_EQ(feed_in_pieces(reader, states, 1000), Status::NeedsMore);
    EXPECT_GE(reader.held(), 1000 * sizeof(NodeState) + states.size() / 2);
    EXPECT_LE(reader.held(), 2000 * sizeof(NodeState) + 2 * states.size() + 1000 * 100);
    StreamReader user(envelope, Direction::FromDialer);
    Bytes message = encode_stream_body(User{Bytes(100'000)});
    message.pop_back();
    ASSERT_EQ(user.feed(message), Status::NeedsMore);
    EXPECT_GE(user.held(), 100'000u);
    StreamReader sealed(envelope, Direction::FromDialer);
    Bytes compressed = compress(encode_stream_body(state_of(1000, 0)));
    compressed.pop_back();
    ASSERT_EQ(sealed.feed(compressed), Status::NeedsMore);
    EXPECT_GE(sealed.held(), compressed.size());
}

TEST(Stream, compressed_may_inflate_to_its_limit_and_no_further) {
    const Envelope envelope;
    StreamLimits limits;
    limits.inflated_bytes_max = 100'000;
    const Bytes fits = encode_stream_body(User{Bytes(99'980)});
    StreamReader allowed(envelope, Direction::FromDialer, limits);
    EXPECT_EQ(allowed.feed(compress(fits)), Status::Complete);
    const Bytes bomb = compress(Bytes(100'001, std::byte{8}));
    EXPECT_LT(bomb.size(), 1000u);
    StreamReader reader(envelope, Direction::FromDialer, limits);
    ASSERT_EQ(reader.feed(bomb), Status::Refused);
    EXPECT_EQ(reader.refusal().reason, Reason::TooLarge);
}

TEST(Stream, compressed_twice_is_refused_as_go_refuses_it) {
    const Bytes twice = compress(compress(encode_stream_body(Err{"no"})));
    EXPECT_EQ(reason_for(twice, Envelope{}), Reason::UnknownType);
}

TEST(Stream, in_one_byte_pieces_costs_linear_time) {
    // Quadratic cost would be 4 * 10^10 steps here: minutes, not milliseconds.
    const Envelope envelope;
    const Bytes user = encode_stream_body(User{Bytes(200'000)});
    StreamReader reader(envelope, Direction::FromDialer);
    EXPECT_EQ(feed_in_pieces(reader, user, 1), Status::Complete);
    const Bytes states = encode_stream_body(state_of(2000, 0));
    StreamReader second(envelope, Direction::FromDialer);
    EXPECT_EQ(feed_in_pieces(second, states, 1), Status::Complete);
}

TEST(Stream, tells_which_envelopes_it_came_in) {
    const Envelope envelope = sealing_envelope("prod");
    StreamReader reader(envelope, Direction::FromDialer);
    ASSERT_EQ(reader.feed(encode(state_of(100, 0), envelope)), Status::Complete);
    EXPECT_TRUE(reader.layers().labelled);
    EXPECT_TRUE(reader.layers().compressed);
    ASSERT_TRUE(reader.layers().sealing);
    EXPECT_EQ(reader.layers().sealing->version, 1);
}

}  // namespace
}  // namespace scrimp::wire
