// Connections: what each of them may do, for how long, and how many there may be.
#include "swim/streams.h"

#include "swim/single_node_test.h"

namespace scrimp::swim {
namespace {

using StreamTest = SingleNode;

TEST_F(StreamTest, a_push_pull_is_answered_with_our_state_and_merged) {
    const StreamId stream = node->handle_stream_accepted(now, at_host(2));
    EXPECT_EQ(static_cast<std::uint32_t>(stream) % 2, 0u);
    wire::PushPull theirs{true, {}, {}};
    const wire::Alive said = alive("n2", 2);
    theirs.nodes.push_back({"n2", said.address, said.port, said.meta, 1, 0, said.versions});
    const Bytes bytes = request(theirs);
    for (const std::byte& byte : bytes) node->handle_stream_bytes(now, stream, {&byte, 1});
    const auto answer = written(stream, wire::Direction::FromAcceptor);
    ASSERT_TRUE(answer);
    const auto& ours = std::get<wire::PushPull>(*answer);
    ASSERT_EQ(ours.nodes.size(), 1u) << "as it was before the merge";
    EXPECT_EQ(ours.nodes[0].name, "self");
    EXPECT_FALSE(ours.join);
    EXPECT_EQ(all<CloseStream>().size(), 1u);
    EXPECT_EQ(all<MemberEvent>().size(), 1u);
    node->handle_stream_bytes(now, stream, bytes);
    node->handle_stream_closed(now, stream, StreamEnd::Closed);
    EXPECT_EQ(all<CloseStream>().size(), 1u) << "what comes after is ignored";
}

TEST_F(StreamTest, a_ping_is_acked_if_it_is_for_us) {
    const StreamId ours = node->handle_stream_accepted(now, at_host(2));
    node->handle_stream_bytes(now, ours, request(wire::Ping{5, "self", {}}));
    const auto answer = written(ours, wire::Direction::FromAcceptor);
    ASSERT_TRUE(answer);
    EXPECT_EQ(std::get<wire::Ack>(*answer).seq_no, 5u);
    const StreamId others = node->handle_stream_accepted(now, at_host(2));
    node->handle_stream_bytes(now, others, request(wire::Ping{5, "other", {}}));
    EXPECT_FALSE(written(others, wire::Direction::FromAcceptor));
    EXPECT_EQ(all<CloseStream>().size(), 2u);
}

TEST_F(StreamTest, nonsense_is_answered_with_an_error_and_counted) {
    const StreamId stream = node->handle_stream_accepted(now, at_host(2));
    node->handle_stream_bytes(now, stream, *parse_hex("ff00ff00"));
    const auto answer = written(stream, wire::Direction::FromAcceptor);
    ASSERT_TRUE(answer);
    EXPECT_TRUE(std::holds_alternative<wire::Err>(*answer));
    EXPECT_EQ(all<CloseStream>().size(), 1u);
    EXPECT_EQ(node->stats().refused[static_cast<std::size_t>(wire::Reason::UnknownType)], 1u);
}

TEST_F(StreamTest, a_stream_that_says_nothing_or_too_little_is_closed_in_time) {
    const StreamId silent = node->handle_stream_accepted(now, at_host(2));
    const StreamId slow = node->handle_stream_accepted(now, at_host(3));
    const Bytes bytes = request(wire::PushPull{});
    for (std::size_t i = 0; i < 9; ++i) {
        advance(seconds{1});
        node->handle_stream_bytes(now, slow, {&bytes[i], 1});
    }
    EXPECT_LE(node->next_deadline(), Instant{seconds{1010}});
    advance(seconds{1});
    const auto closed = all<CloseStream>();
    ASSERT_EQ(closed.size(), 2u);
    EXPECT_EQ(closed[0].stream, silent);
    EXPECT_EQ(closed[1].stream, slow);
}

TEST_F(StreamTest, one_address_cannot_take_all_streams_nor_all_addresses_more_than_there_are) {
    for (int i = 0; i < 20; ++i) (void)node->handle_stream_accepted(now, at_host(2));
    EXPECT_EQ(node->stats().streams_accepted, 16u);
    EXPECT_EQ(node->stats().streams_refused, 4u);
    EXPECT_EQ(all<CloseStream>().size(), 4u);
    for (int i = 0; i < 200; ++i) (void)node->handle_stream_accepted(now, at_host(3 + i));
    EXPECT_EQ(node->stats().streams_accepted, 128u);
    ASSERT_TRUE(node->join(now, std::vector{at_host(2)}));
    EXPECT_EQ(all<DialStream>().size(), 1u) << "our own dials have room of their own";
    advance(seconds{10});
    (void)node->handle_stream_accepted(now, at_host(2));
    EXPECT_EQ(node->stats().streams_accepted, 129u);
}

TEST_F(StreamTest, what_peers_streams_hold_together_is_bounded_and_the_largest_goes) {
    config.streams_bytes_max = 100'000;
    restart();
    config.envelope.compress = false;
    const Bytes whole = request(wire::User{Bytes(60'000)});
    const StreamId small = node->handle_stream_accepted(now, at_host(2));
    node->handle_stream_bytes(now, small, ByteView(whole).first(1'000));
    const StreamId hoarder = node->handle_stream_accepted(now, at_host(3));
    node->handle_stream_bytes(now, hoarder, ByteView(whole).first(59'000));
    const StreamId newcomer = node->handle_stream_accepted(now, at_host(4));
    node->handle_stream_bytes(now, newcomer, ByteView(whole).first(50'000));
    const auto closed = all<CloseStream>();
    ASSERT_EQ(closed.size(), 1u);
    EXPECT_EQ(closed[0].stream, hoarder);
    EXPECT_EQ(node->stats().streams_refused, 1u);
    node->handle_stream_bytes(now, hoarder, ByteView(whole).subspan(59'000));
    EXPECT_TRUE(all<UserMessage>().empty());
    node->handle_stream_bytes(now, small, ByteView(whole).subspan(1'000));
    node->handle_stream_bytes(now, newcomer, ByteView(whole).subspan(50'000));
    EXPECT_EQ(all<UserMessage>().size(), 2u);
    for (int i = 0; i < 10; ++i) {
        const StreamId gone = node->handle_stream_accepted(now, at_host(5));
        node->handle_stream_bytes(now, gone, ByteView(whole).first(59'000));
        node->handle_stream_closed(now, gone, StreamEnd::Broken);
    }
    EXPECT_EQ(node->stats().streams_refused, 1u) << "what is closed holds nothing";
}

TEST_F(StreamTest, a_state_of_more_members_than_may_be_is_refused) {
    const StreamId stream = node->handle_stream_accepted(now, at_host(2));
    node->handle_stream_bytes(now, stream, *parse_hex("0681a54e6f646573ce00010001"));
    EXPECT_EQ(node->stats().refused[static_cast<std::size_t>(wire::Reason::TooLarge)], 1u);
}

TEST_F(StreamTest, streams_we_dial_are_odd_and_bounded) {
    hear({alive("n2", 2)});
    for (int i = 0; i < 128; ++i) ASSERT_TRUE(node->send_reliable(now, "n2", view_of("x")));
    EXPECT_FALSE(node->send_reliable(now, "n2", view_of("x")));
    for (const DialStream& dial : all<DialStream>()) {
        EXPECT_EQ(static_cast<std::uint32_t>(dial.stream) % 2, 1u);
    }
    ASSERT_TRUE(node->join(now, std::vector{at_host(3), at_host(4)}));
    const auto joins = all<JoinFinished>();
    ASSERT_EQ(joins.size(), 1u);
    EXPECT_EQ(joins[0].reached, 0);
    EXPECT_EQ(joins[0].attempted, 2);
}

TEST_F(StreamTest, a_dial_that_leads_nowhere_ends_the_join_in_time) {
    ASSERT_TRUE(node->join(now, std::vector{at_host(2), at_host(3), at_host(4), at_host(5)}));
    const auto dials = all<DialStream>();
    ASSERT_EQ(dials.size(), 4u);
    node->handle_stream_closed(now, dials[0].stream, StreamEnd::Unreachable);
    node->handle_stream_opened(now, dials[1].stream);
    node->handle_stream_bytes(now, dials[1].stream, reply(wire::Err{"no"}));
    node->handle_stream_opened(now, dials[2].stream);
    node->handle_stream_bytes(now, dials[2].stream, reply(wire::PushPull{}));
    EXPECT_TRUE(all<JoinFinished>().empty());
    advance(seconds{10});
    const auto joins = all<JoinFinished>();
    ASSERT_EQ(joins.size(), 1u);
    EXPECT_EQ(joins[0].attempted, 4);
    EXPECT_EQ(joins[0].reached, 1);
    EXPECT_EQ(joins[0].last_error, "10.0.0.5:7946: no answer in time");
    EXPECT_TRUE(node->join(now, std::vector{at_host(2)})) << "the next join may start";
}

TEST_F(StreamTest, a_peers_complaint_is_passed_on) {
    ASSERT_TRUE(node->join(now, std::vector{at_host(2)}));
    const StreamId stream = all<DialStream>().at(0).stream;
    node->handle_stream_opened(now, stream);
    const auto sent = written(stream, wire::Direction::FromDialer);
    ASSERT_TRUE(sent);
    EXPECT_TRUE(std::get<wire::PushPull>(*sent).join);
    node->handle_stream_bytes(now, stream, reply(wire::Err{"too busy"}));
    EXPECT_EQ(all<JoinFinished>().at(0).last_error, "10.0.0.2:7946: the peer says: too busy");
}

TEST_F(StreamTest, a_push_pull_tells_the_state_of_when_it_opened) {
    hear({alive("n2", 2)});
    ASSERT_TRUE(node->join(now, std::vector{at_host(3)}));
    const StreamId stream = all<DialStream>().at(0).stream;
    advance(seconds{2});
    hear({wire::Dead{1, "n2", "n2"}});
    node->handle_stream_opened(now, stream);
    node->handle_stream_opened(now, stream);
    EXPECT_EQ(all<WriteStream>().size(), 1u);
    const auto sent = written(stream, wire::Direction::FromDialer);
    ASSERT_TRUE(sent);
    const auto& nodes = std::get<wire::PushPull>(*sent).nodes;
    ASSERT_EQ(nodes.size(), 2u);
    EXPECT_EQ(nodes[0].name, "n2");
    EXPECT_EQ(nodes[0].state, static_cast<std::uint8_t>(State::Left));
}

TEST_F(StreamTest, a_refutation_calls_the_same_peer_once_more_and_not_for_ever) {
    ASSERT_TRUE(node->join(now, std::vector{at_host(2)}));
    const StreamId stream = all<DialStream>().at(0).stream;
    node->handle_stream_opened(now, stream);
    const wire::Alive said = alive("self", 1, 5);
    wire::PushPull theirs;
    theirs.nodes.push_back({"self", said.address, said.port, said.meta, 5, 2, said.versions});
    actions.clear();
    node->handle_stream_bytes(now, stream, reply(theirs));
    EXPECT_EQ(node->self().incarnation, 6u);
    const auto again = all<DialStream>();
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].to, at_host(2));
    theirs.nodes[0].incarnation = 9;
    node->handle_stream_opened(now, again[0].stream);
    actions.clear();
    node->handle_stream_bytes(now, again[0].stream, reply(theirs));
    EXPECT_EQ(node->self().incarnation, 10u);
    EXPECT_TRUE(all<DialStream>().empty());
}

TEST_F(StreamTest, after_leaving_streams_are_closed_and_none_is_opened) {
    const StreamId before = node->handle_stream_accepted(now, at_host(2));
    node->leave(now);
    ASSERT_EQ(all<CloseStream>().size(), 1u);
    EXPECT_EQ(all<CloseStream>()[0].stream, before);
    const StreamId after = node->handle_stream_accepted(now, at_host(2));
    EXPECT_EQ(all<CloseStream>().back().stream, after);
    node->handle_stream_bytes(now, after, request(wire::Ping{5, "self", {}}));
    hear({wire::Ping{1, "self", {}}});
    EXPECT_TRUE(all<WriteStream>().empty());
    EXPECT_TRUE(all<SendPacket>().empty());
    EXPECT_EQ(node->next_deadline(), never);
}

TEST_F(StreamTest, random_bytes_change_nothing) {
    Random random(3);
    for (int i = 0; i < 2000; ++i) {
        Bytes bytes(random.below(400) + 1);
        for (std::byte& byte : bytes) byte = std::byte(static_cast<std::uint8_t>(random.next()));
        // Every valid first byte in turn, and sometimes none.
        if (i % 16 < 14) bytes[0] = std::byte(static_cast<std::uint8_t>(i % 16));
        hear_bytes(bytes, 2 + i % 100);
        const StreamId stream = node->handle_stream_accepted(now, at_host(2 + i % 100));
        node->handle_stream_bytes(now, stream, bytes);
        node->handle_stream_closed(now, stream, StreamEnd::Broken);
        advance(milliseconds{10});
        take();
    }
    EXPECT_EQ(node->members().size(), 1u);
    EXPECT_EQ(node->stats().health_score, 0);
}

}  // namespace
}  // namespace scrimp::swim
