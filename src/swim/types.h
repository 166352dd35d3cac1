// Start here: the nouns of membership, and what a Node asks of the world.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "wire/packet.h"

namespace scrimp::swim {

/// Wire values of memberlist's NodeStateType (state.go).
enum class State : std::uint8_t { Alive = 0, Suspect = 1, Dead = 2, Left = 3 };
/// "alive", "suspect", "dead", "left".
[[nodiscard]] std::string_view name_of(State state);
/// Dead or left.
[[nodiscard]] constexpr bool is_gone(State state) {
    return state == State::Dead || state == State::Left;
}

/// Longer names belong to no member: two of them must fit one message, and that one packet.
inline constexpr std::size_t name_bytes_max = 255;

/// MetaMaxSize (net.go): what fits beside everything else in one packet.
inline constexpr std::size_t metadata_bytes_max = 512;

/// pmin, pmax, pcur, dmin, dmax, dcur: protocol versions of memberlist and of its user.
using Versions = std::array<std::uint8_t, 6>;

/// What a member says about itself. Immutable and shared: a simulated cluster of N nodes holds
/// N*N members but only N profiles.
struct Profile {
    std::string name;
    Endpoint endpoint;
    bool long_address = false;  ///< Announced in 16 bytes though IPv4; relayed as it came.
    Bytes metadata;
    Versions versions{};
    friend bool operator==(const Profile&, const Profile&) = default;
};

struct Member {
    std::shared_ptr<const Profile> profile;
    std::uint32_t incarnation = 0;
    State state = State::Dead;
    Instant changed_at{};
};

/// Names a connection between the node and its driver. Those the node dials are odd, those the
/// driver reports as accepted are even, so neither waits for the other to name one.
enum class StreamId : std::uint32_t {};
enum class StreamEnd : std::uint8_t { Closed, Refused, Unreachable, Broken };

struct SendPacket {
    Endpoint to;
    Bytes payload;
    friend bool operator==(const SendPacket&, const SendPacket&) = default;
};
struct DialStream {
    StreamId stream;
    Endpoint to;
    friend bool operator==(const DialStream&, const DialStream&) = default;
};
struct WriteStream {
    StreamId stream;
    Bytes bytes;
    friend bool operator==(const WriteStream&, const WriteStream&) = default;
};
/// Close once everything written has been handed to the peer.
struct CloseStream {
    StreamId stream;
    friend bool operator==(const CloseStream&, const CloseStream&) = default;
};

enum class Change : std::uint8_t { Joined, Updated, Suspected, Recovered, Left, Failed };
[[nodiscard]] std::string_view name_of(Change change);

struct MemberEvent {
    Change change;
    Member member;
};
/// A message for the floor above, best-effort or reliable; memberlist does not say who sent it.
struct UserMessage {
    Bytes payload;
};
/// We, or another who asked us, got no answer from the member at once: no suspicion yet, and mostly
/// a lost packet. Told only where Config::tells_doubts says so.
struct Doubted {
    Member member;
};
/// Two nodes claim one name; the newcomer is ignored.
struct NameConflict {
    Member existing;
    Endpoint claimed_by;
};
/// The member answers by stream and never by packet. At most one in ten seconds is told, and each
/// member once an hour.
struct PacketsBlocked {
    Member member;
};
/// From there came what we could not open: sealed by a key that we do not have, under another
/// label, or plain where we want it sealed. At growing distances: see unreadable.h.
struct PeerUnreadable {
    Endpoint from;  ///< Port 0: a connection, whose port says nothing.
    wire::Reason reason;
    std::uint64_t times = 0;  ///< Packets and connections since it was last told.
    friend bool operator==(const PeerUnreadable&, const PeerUnreadable&) = default;
};
/// Somebody announced what no member can be, and is not taken. At most one a second is told,
/// however many there are.
struct AnnouncementRefused {
    std::string name;    ///< As announced, cut to what a name may have.
    std::string reason;  ///< A sentence without its subject: "has a name of 300 bytes, …".
};
/// `reached` of `attempted` seeds answered with their state.
struct JoinFinished {
    int reached = 0;
    int attempted = 0;
    std::string last_error;  ///< Empty if all were reached.
};
struct LeaveFinished {};

/// Everything a node asks of the world, in the order it asks.
using Action = std::variant<SendPacket, DialStream, WriteStream, CloseStream, MemberEvent,
                            UserMessage, Doubted, NameConflict, AnnouncementRefused, PeerUnreadable,
                            PacketsBlocked, JoinFinished, LeaveFinished>;

struct Identity {
    std::string name;     ///< 1 to name_bytes_max bytes.
    Endpoint advertised;  ///< Where peers reach us; specified address, port not 0.
    Bytes metadata;       ///< At most metadata_bytes_max.
    /// What a life before this one left with; 0: none that we know of. We begin above it, so that a
    /// late copy of that goodbye is not taken for one of this life.
    std::uint32_t former_incarnation = 0;
};

}  // namespace scrimp::swim
