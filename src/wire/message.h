// The messages of HashiCorp memberlist's protocol as plain values, and their msgpack bodies.
//
// A message on the wire is one type byte and one msgpack map (User: raw bytes). Encoding writes the
// keys in byte-wise alphabetical order, in the legacy raw family, as go-msgpack does, so that what
// a Go peer sent re-encodes to the bytes it sent. Decoding takes any key order, skips unknown keys,
// leaves missing ones at zero, and is bounded: nothing is allocated from a declared length.
// Source: memberlist net.go, docs/protocol.md sections 1 to 3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"

namespace scrimp::wire {

/// The type byte (net.go, messageType).
enum class MessageType : std::uint8_t {
    Ping = 0,
    IndirectPing = 1,
    Ack = 2,
    Suspect = 3,
    Alive = 4,
    Dead = 5,
    PushPull = 6,
    Compound = 7,
    User = 8,
    Compress = 9,
    Encrypt = 10,
    Nack = 11,
    HasCrc = 12,
    Err = 13,
    HasLabel = 244,
};
/// "ping", "indirectPing", …: the spelling of `wire decode`; "unknown" for any other value.
[[nodiscard]] std::string_view name_of(MessageType type);

/// Go tells a nil slice (c0) from an empty one (a0); to re-encode byte for byte, so do we.
using OptionalBytes = std::optional<Bytes>;

/// Where a probe came from; every field is left out of the encoding when empty (since 0.2.0).
struct Source {
    Bytes address;
    std::uint16_t port = 0;
    std::string node;
    friend bool operator==(const Source&, const Source&) = default;
};

struct Ping {
    std::uint32_t seq_no = 0;
    std::string node;
    Source source;
    friend bool operator==(const Ping&, const Ping&) = default;
};

struct IndirectPing {
    std::uint32_t seq_no = 0;
    OptionalBytes target;  ///< 4 or 16 address bytes, verbatim.
    std::uint16_t port = 0;
    std::string node;
    bool nack = false;
    Source source;
    friend bool operator==(const IndirectPing&, const IndirectPing&) = default;
};

struct Ack {
    std::uint32_t seq_no = 0;
    OptionalBytes payload;
    friend bool operator==(const Ack&, const Ack&) = default;
};

struct Nack {
    std::uint32_t seq_no = 0;
    friend bool operator==(const Nack&, const Nack&) = default;
};

struct Err {
    std::string error;
    friend bool operator==(const Err&, const Err&) = default;
};

struct Suspect {
    std::uint32_t incarnation = 0;
    std::string node;
    std::string from;
    friend bool operator==(const Suspect&, const Suspect&) = default;
};

struct Alive {
    std::uint32_t incarnation = 0;
    std::string node;
    OptionalBytes address;  ///< 4 or 16 bytes; relayed verbatim, Go compares them bytewise.
    std::uint16_t port = 0;
    OptionalBytes meta;
    OptionalBytes versions;  ///< pmin, pmax, pcur, dmin, dmax, dcur.
    friend bool operator==(const Alive&, const Alive&) = default;
};

/// From == node means that the node left.
struct Dead {
    std::uint32_t incarnation = 0;
    std::string node;
    std::string from;
    friend bool operator==(const Dead&, const Dead&) = default;
};

/// A user message: for the floor above, not for the membership. Raw in a packet, counted by a
/// header in a stream.
struct User {
    Bytes payload;
    friend bool operator==(const User&, const User&) = default;
};

/// What a datagram can carry once its envelopes are off.
using Message = std::variant<Ping, IndirectPing, Ack, Nack, Suspect, Alive, Dead, User>;

/// Whether decode_message() knows the type; envelopes and stream operations are not messages.
[[nodiscard]] bool travels_in_packets(MessageType type);
[[nodiscard]] MessageType type_of(const Message& message);

/// Type byte and body, as it stands in a packet.
[[nodiscard]] Bytes encode_message(const Message& message);
/// One packet message, type byte included; bytes after the body are ignored, as Go does.
/// Fails with a sentence that names the field; nothing is kept.
[[nodiscard]] Result<Message> decode_message(ByteView bytes);

}  // namespace scrimp::wire
