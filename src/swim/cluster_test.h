// A few nodes wired together in virtual time, for the unit tests of this floor: every packet and
// every byte takes a millisecond, in order, unless the test says otherwise. The simulator is the
// place for anything larger.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "swim/node.h"

namespace scrimp::swim {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline wire::NonceSource counting_nonces() {
    return [count = std::uint8_t{0}](std::span<std::byte> out) mutable {
        for (std::byte& byte : out) byte = std::byte{++count};
    };
}

/// 10.0.0.`host`, memberlist's port.
inline Endpoint at_host(int host) {
    return *parse_endpoint("10.0.0." + std::to_string(host) + ":7946");
}

class TestCluster {
  public:
    struct Peer {
        Endpoint endpoint;
        std::unique_ptr<Node> node;
        bool up = true;
        std::vector<MemberEvent> events{};
        std::vector<std::string> user_messages{};
        std::vector<JoinFinished> joins{};
        std::vector<NameConflict> conflicts{};
        std::vector<PeerUnreadable> unreadable{};
        std::vector<std::string> blocked{};  ///< Names told as PacketsBlocked.
        int leaves_finished = 0;
    };

    /// Whether something from the first host reaches the second; packets and streams alike.
    std::function<bool(const Endpoint&, const Endpoint&)> reaches = [](auto&, auto&) {
        return true;
    };
    /// The same, of packets alone.
    std::function<bool(const Endpoint&, const Endpoint&)> packets_pass = reaches;

    explicit TestCluster(Config config = lan_profile()) : config_(std::move(config)) {}

    Peer& start(const std::string& name, int host, std::string_view metadata = "",
                std::uint32_t former_incarnation = 0) {
        auto peer = std::make_unique<Peer>();
        peer->endpoint = at_host(host);
        peer->node = std::make_unique<Node>(
            now_, config_, Identity{name, at_host(host), to_bytes(metadata), former_incarnation},
            counting_nonces(), ++seed_);
        peers_.push_back(std::move(peer));
        return *peers_.back();
    }
    /// As SIGKILL: nothing is said any more, and connections to it are refused.
    void crash(Peer& peer) { peer.up = false; }

    void join(Peer& peer, const Peer& seed) {
        const std::vector<Endpoint> seeds{seed.endpoint};
        ASSERT_TRUE(peer.node->join(now_, seeds));
        drain(peer);
    }
    /// After a call from outside: lets what it asks for happen.
    void drain(Peer& peer) {
        while (auto action = peer.node->poll_action()) {
            std::visit([&](auto& what) { act(peer, what); }, *action);
        }
    }
    void run(Duration time) {
        const Instant end = now_ + time;
        for (;;) {
            Instant next = events_.empty() ? never : events_.begin()->first.first;
            Peer* due = nullptr;
            for (const auto& peer : peers_) {
                if (!peer->up || peer->node->next_deadline() >= next) continue;
                next = peer->node->next_deadline();
                due = peer.get();
            }
            if (next > end) break;
            now_ = std::max(now_, next);
            if (due != nullptr) {
                due->node->handle_deadline(now_);
                drain(*due);
                continue;
            }
            auto event = events_.extract(events_.begin());
            event.mapped()();
        }
        now_ = end;
    }
    [[nodiscard]] Instant now() const { return now_; }
    [[nodiscard]] std::size_t packets() const { return packets_; }

    static const Member* view(const Peer& peer, std::string_view name) {
        for (const Member& member : peer.node->members()) {
            if (member.profile->name == name) return &member;
        }
        return nullptr;
    }
    static std::string state(const Peer& peer, std::string_view name) {
        const Member* member = view(peer, name);
        return member == nullptr ? "unknown" : std::string(name_of(member->state));
    }
    /// "joined b, failed b"
    static std::string story(const Peer& peer) {
        std::string text;
        for (const MemberEvent& event : peer.events) {
            text += (text.empty() ? "" : ", ") + std::string(name_of(event.change)) + " " +
                    event.member.profile->name;
        }
        return text;
    }

  private:
    struct Wire {
        Peer* to;
        StreamId id;
    };

    Peer* find(const Endpoint& from, const Endpoint& to) {
        if (!reaches(from, to)) return nullptr;
        for (const auto& peer : peers_) {
            if (peer->up && peer->endpoint == to) return peer.get();
        }
        return nullptr;
    }
    void later(std::function<void()> what) {
        events_.emplace(std::pair(now_ + milliseconds{1}, ++order_), std::move(what));
    }
    void act(Peer& peer, SendPacket& packet) {
        ASSERT_LE(packet.payload.size(), config_.packet_bytes_max);
        ++packets_;
        if (!packets_pass(peer.endpoint, packet.to)) return;
        later([this, from = peer.endpoint, packet = std::move(packet)] {
            Peer* to = find(from, packet.to);
            if (to == nullptr) return;
            to->node->handle_packet(now_, from, packet.payload);
            drain(*to);
        });
    }
    void act(Peer& peer, DialStream& dial) {
        later([this, &peer, dial] {
            Peer* to = find(peer.endpoint, dial.to);
            if (!peer.up) return;
            if (to == nullptr) {
                const bool cut = !reaches(peer.endpoint, dial.to);
                peer.node->handle_stream_closed(now_, dial.stream,
                                                cut ? StreamEnd::Unreachable : StreamEnd::Refused);
                drain(peer);
                return;
            }
            const StreamId accepted = to->node->handle_stream_accepted(now_, peer.endpoint);
            wires_[{&peer, dial.stream}] = {to, accepted};
            wires_[{to, accepted}] = {&peer, dial.stream};
            peer.node->handle_stream_opened(now_, dial.stream);
            drain(*to);
            drain(peer);
        });
    }
    void act(Peer& peer, WriteStream& write) {
        const auto wire = wires_.find({&peer, write.stream});
        if (wire == wires_.end()) return;
        later([this, to = wire->second, bytes = std::move(write.bytes)] {
            if (!to.to->up) return;
            to.to->node->handle_stream_bytes(now_, to.id, bytes);
            drain(*to.to);
        });
    }
    void act(Peer& peer, CloseStream& close) {
        const auto wire = wires_.find({&peer, close.stream});
        if (wire == wires_.end()) return;
        later([this, to = wire->second] {
            if (!to.to->up) return;
            to.to->node->handle_stream_closed(now_, to.id, StreamEnd::Closed);
            drain(*to.to);
        });
    }
    void act(Peer& peer, MemberEvent& event) { peer.events.push_back(event); }
    void act(Peer& peer, UserMessage& message) {
        peer.user_messages.emplace_back(text_of(message.payload));
    }
    void act(Peer& peer, NameConflict& conflict) { peer.conflicts.push_back(conflict); }
    void act(Peer&, Doubted&) {}
    void act(Peer&, AnnouncementRefused&) {}
    void act(Peer& peer, PeerUnreadable& unreadable) { peer.unreadable.push_back(unreadable); }
    void act(Peer& peer, PacketsBlocked& blocked) {
        peer.blocked.push_back(blocked.member.profile->name);
    }
    void act(Peer& peer, JoinFinished& finished) { peer.joins.push_back(finished); }
    void act(Peer& peer, LeaveFinished&) { ++peer.leaves_finished; }

    Config config_;
    Instant now_{seconds{1000}};
    std::uint64_t seed_ = 0;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> events_;
    std::uint64_t order_ = 0;
    std::size_t packets_ = 0;
    std::map<std::pair<Peer*, StreamId>, Wire> wires_;
};

}  // namespace scrimp::swim
