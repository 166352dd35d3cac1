#include "sim/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;

/// Two hosts and what reached them, in order, as text.
struct Wire {
    explicit Wire(std::uint64_t seed = 1) : network(seed) {
        a = network.add_host(parse_endpoint("10.0.0.1:7946").value());
        b = network.add_host(parse_endpoint("10.0.0.2:7946").value());
        network.set_state(now, a, HostState::Listening);
        network.set_state(now, b, HostState::Listening);
    }
    const Endpoint& address(HostId host) const { return network.endpoint_of(host); }
    void send(std::string_view text) {
        network.send(now, a, address(a), address(b), to_bytes(text));
    }
    void run(Duration span) {
        const Instant end = now + span;
        while (network.next_deadline() <= end) {
            now = network.next_deadline();
            while (auto delivery = network.poll_delivery(now)) record(*delivery);
        }
        now = end;
    }
    void record(const Delivery& delivery) {
        if (const auto* packet = std::get_if<PacketArrived>(&delivery)) {
            packets.emplace_back(text_of(packet->payload));
        } else if (const auto* dial = std::get_if<DialArrived>(&delivery)) {
            accepted.push_back(dial->end);
        } else if (const auto* answer = std::get_if<DialAnswered>(&delivery)) {
            opened.push_back(answer->end);
        } else if (const auto* bytes = std::get_if<BytesArrived>(&delivery)) {
            stream += text_of(bytes->bytes);
            ++pieces;
        } else {
            ends.push_back(std::get<EndArrived>(delivery).how);
        }
    }
    ConnectionEnd connect() {
        const ConnectionEnd end{network.dial(now, a, address(b)), Side::Dialer};
        run(1s);
        return end;
    }

    Network network;
    HostId a{};
    HostId b{};
    Instant now{1h};
    std::vector<std::string> packets;
    std::vector<ConnectionEnd> accepted;
    std::vector<ConnectionEnd> opened;
    std::string stream;
    int pieces = 0;
    std::vector<swim::StreamEnd> ends;
};

TEST(Network, delivers_a_datagram_after_its_delay) {
    Wire wire;
    wire.send("hello");
    wire.run(199us);
    EXPECT_TRUE(wire.packets.empty());
    wire.run(1ms);
    EXPECT_EQ(wire.packets, std::vector<std::string>{"hello"});
}

TEST(Network, loses_and_doubles_as_many_datagrams_as_it_was_told) {
    Wire wire;
    wire.network.set_quality({.loss = 0.25});
    for (int i = 0; i < 10'000; ++i) wire.send("x");
    wire.run(1s);
    EXPECT_NEAR(static_cast<double>(wire.packets.size()), 7'500, 200);

    wire.packets.clear();
    wire.network.set_quality({.duplication = 0.1});
    for (int i = 0; i < 10'000; ++i) wire.send("x");
    wire.run(1s);
    EXPECT_NEAR(static_cast<double>(wire.packets.size()), 11'000, 200);
}

TEST(Network, lets_late_datagrams_be_overtaken) {
    Wire wire;
    wire.network.set_quality({.lateness = 0.2, .late_max = 50ms});
    std::vector<std::string> sent;
    for (int i = 0; i < 100; ++i) {
        sent.push_back(std::to_string(i));
        wire.send(sent.back());
        wire.run(1ms);
    }
    wire.run(1s);
    EXPECT_NE(wire.packets, sent);
    std::sort(sent.begin(), sent.end());
    std::sort(wire.packets.begin(), wire.packets.end());
    EXPECT_EQ(wire.packets, sent);
}

TEST(Network, cuts_one_direction_and_leaves_the_other) {
    Wire wire;
    wire.network.set_cut(wire.a, wire.b, everything);
    wire.send("lost");
    wire.network.send(wire.now, wire.b, wire.address(wire.b), wire.address(wire.a),
                      to_bytes("back"));
    wire.run(1s);
    EXPECT_EQ(wire.packets, std::vector<std::string>{"back"});
    wire.network.heal_all();
    wire.send("again");
    wire.run(1s);
    EXPECT_EQ(wire.packets.back(), "again");
}

TEST(Network, keeps_the_order_of_a_stream_under_loss_and_splitting) {
    Wire wire;
    wire.network.set_quality({.loss = 0.2});
    const ConnectionEnd end = wire.connect();
    wire.run(70s);
    ASSERT_EQ(wire.opened.size(), 1U);
    std::string sent;
    for (int i = 0; i < 50; ++i) {
        const std::string text = "segment " + std::to_string(i) + ";";
        wire.network.write(wire.now, end, view_of(text));
        sent += text;
        wire.run(1ms);
    }
    wire.network.close(wire.now, end);
    wire.run(600s);
    EXPECT_EQ(wire.stream, sent);
    EXPECT_GT(wire.pieces, 100);
    EXPECT_EQ(wire.ends, std::vector{swim::StreamEnd::Closed});
    EXPECT_EQ(wire.network.connections(), 0U);
}

TEST(Network, refuses_a_dial_where_no_process_listens) {
    Wire wire;
    wire.network.set_state(wire.now, wire.b, HostState::Closed);
    wire.connect();
    EXPECT_EQ(wire.ends, std::vector{swim::StreamEnd::Refused});
    EXPECT_EQ(wire.network.connections(), 0U);
}

TEST(Network, leaves_a_dial_to_a_silent_host_unanswered_for_a_minute) {
    Wire wire;
    wire.network.set_state(wire.now, wire.b, HostState::Silent);
    wire.connect();
    wire.run(30s);
    EXPECT_TRUE(wire.ends.empty());
    wire.run(60s);
    EXPECT_EQ(wire.ends, std::vector{swim::StreamEnd::Unreachable});
}

TEST(Network, tells_the_peer_when_a_process_dies_in_the_middle_of_a_stream) {
    Wire wire;
    wire.connect();
    wire.network.set_state(wire.now, wire.b, HostState::Closed);
    wire.run(1s);
    EXPECT_EQ(wire.ends, std::vector{swim::StreamEnd::Broken});
    EXPECT_EQ(wire.network.connections(), 0U);
}

TEST(Network, resumes_a_stream_after_a_short_cut_and_breaks_it_after_a_long_one) {
    Wire wire;
    const ConnectionEnd end = wire.connect();
    wire.network.set_cut(wire.b, wire.a, everything);
    wire.network.write(wire.now, end, view_of("patience"));
    wire.run(3s);
    EXPECT_EQ(wire.stream, "");
    wire.network.heal_all();
    wire.run(5s);
    EXPECT_EQ(wire.stream, "patience");

    wire.network.set_cut(wire.a, wire.b, everything);
    wire.network.write(wire.now, end, view_of("in vain"));
    wire.run(60s);
    EXPECT_EQ(wire.ends, (std::vector{swim::StreamEnd::Broken, swim::StreamEnd::Broken}));
}

TEST(Network, carries_streams_where_only_packets_are_cut) {
    Wire wire;
    wire.network.set_cut(wire.a, wire.b, packets_only);
    wire.send("lost");
    const ConnectionEnd end = wire.connect();
    wire.network.write(wire.now, end, view_of("through"));
    wire.run(1s);
    EXPECT_TRUE(wire.packets.empty());
    EXPECT_EQ(wire.stream, "through");
}

TEST(Network, says_opened_before_anything_else_about_a_dialed_stream) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Wire wire(seed);
        static_cast<void>(wire.network.dial(wire.now, wire.a, wire.address(wire.b)));
        while (wire.accepted.empty()) wire.run(1us);
        wire.network.close(wire.now, wire.accepted.front());
        while (wire.ends.empty()) wire.run(1us);
        EXPECT_EQ(wire.opened.size(), 1U);
    }
}

TEST(Network, means_the_same_by_the_same_seed) {
    const auto play = [](std::uint64_t seed) {
        Wire wire(seed);
        wire.network.set_quality({.loss = 0.3, .duplication = 0.1, .lateness = 0.3});
        for (int i = 0; i < 200; ++i) wire.send(std::to_string(i));
        wire.run(1s);
        return wire.packets;
    };
    EXPECT_EQ(play(7), play(7));
    EXPECT_NE(play(7), play(8));
}

}  // namespace
}  // namespace scrimp::sim
