// The wires between simulated hosts: datagrams that get lost, doubled, held back and overtaken;
// connections that keep their order whatever happens below them; and cuts.
//
// A machine like those it carries for: hosts put in what they send, poll_delivery() gives out what
// arrives and when. A datagram draws its fate once, when it is sent. A connection is a queue of
// segments for each direction; a segment that is lost, or meets a cut, is sent again after TCP's
// time-out, which doubles, until the connection breaks. So loss makes streams slow, not wrong, and
// a short partition is survived, as with a real kernel. Congestion and flow control are left out:
// gossip never fills a window.
//
// Cost: O(log events) a packet or segment, and O(log hosts) to find its addressee.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/random.h"
#include "sim/event_queue.h"
#include "swim/types.h"

namespace scrimp::sim {

enum class HostId : std::uint32_t {};
enum class ConnectionId : std::uint32_t {};
enum class Side : std::uint8_t { Dialer = 0, Acceptor = 1 };

/// One end of one connection.
struct ConnectionEnd {
    ConnectionId connection;
    Side side;
    friend auto operator<=>(const ConnectionEnd&, const ConnectionEnd&) = default;
};

/// What a host's kernel does with what arrives.
enum class HostState : std::uint8_t {
    Listening,  ///< A process is there.
    Closed,     ///< No process: datagrams and dials are refused.
    Silent,     ///< No machine: everything vanishes.
};

/// How one direction of a link behaves. All durations are drawn evenly from their range.
struct LinkQuality {
    double loss = 0;
    double duplication = 0;
    double lateness = 0;  ///< Share of datagrams held back, so that later ones overtake them.
    Duration late_max = std::chrono::milliseconds{200};
    /// Between machines of one data centre.
    Duration delay_min = std::chrono::microseconds{200};
    Duration delay_spread = std::chrono::microseconds{300};
};

/// What one direction of a link does not carry. A stream needs both directions.
struct Cut {
    bool packets = false;
    bool streams = false;
    friend bool operator==(const Cut&, const Cut&) = default;
};
inline constexpr Cut everything{true, true};
inline constexpr Cut packets_only{true, false};

struct PacketArrived {
    HostId to;
    Endpoint from;
    Bytes payload;
};
/// ICMP: nobody takes packets at `destination`, where one of ours went.
struct PacketRefused {
    HostId to;
    Endpoint destination;
};
struct DialArrived {
    HostId to;
    ConnectionEnd end;
    Endpoint from;
};
struct DialAnswered {
    HostId to;
    ConnectionEnd end;
};
struct BytesArrived {
    HostId to;
    ConnectionEnd end;
    Bytes bytes;
};
struct EndArrived {
    HostId to;
    ConnectionEnd end;
    swim::StreamEnd how;
};
using Delivery =
    std::variant<PacketArrived, PacketRefused, DialArrived, DialAnswered, BytesArrived, EndArrived>;

/// The addressee of any delivery.
[[nodiscard]] HostId host_of(const Delivery& delivery);

class Network {
  public:
    explicit Network(std::uint64_t seed);

    /// A host that is Closed at first. Endpoints are unique (asserted).
    HostId add_host(const Endpoint& endpoint);
    [[nodiscard]] const Endpoint& endpoint_of(HostId host) const;
    [[nodiscard]] std::optional<HostId> find_host(const Endpoint& endpoint) const;
    /// Leaving Listening breaks the host's connections: aloud (Closed) or without a word (Silent).
    void set_state(Instant now, HostId host, HostState state);

    void set_quality(const LinkQuality& quality) { quality_ = quality; }
    /// Deviates from the common quality on one direction of one link.
    void set_link(HostId from, HostId to, const LinkQuality& quality);
    void set_cut(HostId from, HostId to, Cut cut);
    void heal_all() { cuts_.clear(); }
    /// Whether written bytes arrive in other pieces than they were written in.
    void set_splitting(bool splitting) { splitting_ = splitting; }

    /// `from` is what the receiver sees; it may be forged, links are those of `sender`.
    void send(Instant now, HostId sender, const Endpoint& from, const Endpoint& to, Bytes payload);
    /// The caller is the Dialer end of the connection this returns.
    [[nodiscard]] ConnectionId dial(Instant now, HostId from, const Endpoint& to);
    /// Calls about an end that is closed or gone are ignored, as a kernel would.
    void write(Instant now, ConnectionEnd end, ByteView bytes);
    /// What was written before still arrives; the end itself hears nothing more.
    void close(Instant now, ConnectionEnd end);

    [[nodiscard]] std::optional<Delivery> poll_delivery(Instant now);
    [[nodiscard]] Instant next_deadline() const { return events_.next(); }
    [[nodiscard]] std::size_t connections() const { return connections_.size(); }

  private:
    struct Segment {
        Instant ready_at;
        Bytes bytes;
        std::optional<swim::StreamEnd> end;
    };
    struct Lane {  ///< What one end sends to the other.
        std::deque<Segment> segments;
        int attempts = 0;
        bool moving = false;  ///< An event that will try the first segment is in the queue.
    };
    struct Connection {
        std::array<HostId, 2> hosts;
        Endpoint dialed;
        int attempts = 0;
        bool accepted = false;
        Instant answered_at{};  ///< Nothing reaches the dialer before.
        std::array<bool, 2> open{true, true};
        std::array<Lane, 2> lanes;
    };
    struct Host {
        Endpoint endpoint;
        HostState state = HostState::Closed;
        std::uint16_t next_port = 32768;  ///< Linux's first ephemeral port.
        /// Until when this host's right to refuse packets of each other host is used up.
        std::map<HostId, Instant> refused_until{};
    };
    struct PacketFlies {
        HostId sender;
        HostId to;
        Endpoint from;
        Bytes payload;
    };
    struct RefusalFlies {
        HostId sender;  ///< Of the refusal.
        HostId to;
        Endpoint destination;
    };
    struct DialFlies {
        ConnectionId connection;
    };
    struct AnswerFlies {
        ConnectionId connection;
    };
    struct SegmentFlies {
        ConnectionEnd from;
    };
    struct EndFlies {
        ConnectionEnd to;
        swim::StreamEnd how;
    };
    using Flight =
        std::variant<PacketFlies, RefusalFlies, DialFlies, AnswerFlies, SegmentFlies, EndFlies>;

    [[nodiscard]] const LinkQuality& quality(HostId from, HostId to) const;
    [[nodiscard]] Cut cut(HostId from, HostId to) const;
    [[nodiscard]] bool carries_streams(HostId a, HostId b) const;
    [[nodiscard]] Duration delay(HostId from, HostId to);
    [[nodiscard]] Duration stream_delay(HostId from, HostId to, Duration first_timeout);
    [[nodiscard]] Host& host(HostId id) { return hosts_[static_cast<std::size_t>(id)]; }
    void refuse_packet(Instant now, const PacketFlies& packet);
    void enqueue(Instant now, ConnectionId id, Connection& connection, Side from, Bytes bytes,
                 std::optional<swim::StreamEnd> end);
    void move_lane(Instant at, ConnectionEnd from, Lane& lane);
    void break_connection(Instant now, ConnectionId id, const Connection& connection);

    [[nodiscard]] std::optional<Delivery> land(Instant now, PacketFlies flight);
    [[nodiscard]] std::optional<Delivery> land(Instant now, RefusalFlies flight);
    [[nodiscard]] std::optional<Delivery> land(Instant now, DialFlies flight);
    [[nodiscard]] std::optional<Delivery> land(Instant now, AnswerFlies flight);
    [[nodiscard]] std::optional<Delivery> land(Instant now, SegmentFlies flight);
    [[nodiscard]] std::optional<Delivery> land(Instant now, EndFlies flight);

    Random random_;
    LinkQuality quality_;
    bool splitting_ = true;
    std::vector<Host> hosts_;
    std::map<Endpoint, HostId> by_endpoint_;
    std::map<std::pair<HostId, HostId>, LinkQuality> links_;
    std::map<std::pair<HostId, HostId>, Cut> cuts_;
    std::map<ConnectionId, Connection> connections_;
    std::uint32_t next_connection_ = 0;
    EventQueue<Flight> events_;
};

}  // namespace scrimp::sim
