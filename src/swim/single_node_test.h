// One node, and a test that plays all its peers byte by byte.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "swim/cluster_test.h"

namespace scrimp::swim {

class SingleNode : public testing::Test {
  protected:
    explicit SingleNode(Config chosen = lan_profile()) : config(std::move(chosen)) {}

    void SetUp() override { restart(); }
    void restart() {
        node = std::make_unique<Node>(now, config, Identity{"self", at_host(1), {}},
                                      counting_nonces(), 7);
    }

    static wire::Alive alive(std::string name, int host, std::uint32_t incarnation = 1) {
        return {incarnation, std::move(name), at_host(host).ip_bytes(),
                7946,        std::nullopt,    *parse_hex("010502000000")};
    }
    void hear(const std::vector<wire::Message>& messages, int from = 9) {
        std::vector<Bytes> parts;
        for (const wire::Message& message : messages) {
            parts.push_back(wire::encode_message(message));
        }
        hear_bytes(wire::encode_packet(parts, config.envelope, false, counting_nonces()), from);
    }
    void hear_bytes(ByteView packet, int from = 9) {
        node->handle_packet(now, at_host(from), packet);
    }
    /// As a loop would: every deadline on the way is served in time, and the end is looked at too.
    void advance(Duration time) {
        const Instant end = now + time;
        while (node->next_deadline() < end) {
            now = std::max(now, node->next_deadline());
            node->handle_deadline(now);
        }
        now = end;
        node->handle_deadline(now);
    }
    /// As a process that is stopped, and then looks at its timers first.
    void stand_still(Duration time) {
        now += time;
        node->handle_deadline(now);
    }
    /// To just after the node's next deadline that makes it do something.
    void until_it_acts() {
        actions.clear();
        while (actions.empty() && node->next_deadline() != never) {
            now = std::max(now, node->next_deadline());
            node->handle_deadline(now);
            take();
        }
    }
    void take() {
        while (auto action = node->poll_action()) actions.push_back(std::move(*action));
    }
    /// The messages of every packet sent to a host since the last look, others' kept.
    std::vector<wire::Message> said_to(int host) {
        take();
        std::vector<wire::Message> said;
        for (const Action& action : actions) {
            const auto* packet = std::get_if<SendPacket>(&action);
            if (packet == nullptr || packet->to != at_host(host)) continue;
            auto contents = wire::decode_packet(packet->payload, config.envelope);
            EXPECT_TRUE(contents.refusals.empty());
            for (auto& message : contents.messages) said.push_back(std::move(message));
        }
        return said;
    }
    template <class T>
    std::vector<T> all() {
        take();
        std::vector<T> found;
        for (const Action& action : actions) {
            if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
        }
        return found;
    }
    template <class T>
    static const T* first(const std::vector<wire::Message>& messages) {
        for (const wire::Message& message : messages) {
            if (const auto* one = std::get_if<T>(&message)) return one;
        }
        return nullptr;
    }
    /// What the node wrote to a stream, decoded as its other end would.
    std::optional<wire::StreamMessage> written(StreamId stream, wire::Direction direction) {
        wire::StreamReader reader(config.envelope, direction);
        for (const WriteStream& write : all<WriteStream>()) {
            if (write.stream != stream) continue;
            if (reader.feed(write.bytes) == wire::StreamReader::Status::Complete) {
                return reader.take();
            }
        }
        return std::nullopt;
    }
    Bytes request(const wire::StreamMessage& message) {
        return wire::encode_stream(message, config.envelope, wire::Direction::FromDialer,
                                   counting_nonces());
    }
    Bytes reply(const wire::StreamMessage& message) {
        return wire::encode_stream(message, config.envelope, wire::Direction::FromAcceptor,
                                   counting_nonces());
    }

    Config config;
    Instant now{seconds{1000}};
    std::unique_ptr<Node> node;
    std::vector<Action> actions;
};

}  // namespace scrimp::swim
