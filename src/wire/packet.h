// A datagram: messages inside envelopes, outermost first
//
//   label | encryption | CRC | compression | compound or one message
//
// Reading is one walk that opens envelope by envelope, bounded in depth (two compressions, two
// compounds) and in size. Whatever cannot be understood becomes a Refusal beside the messages that
// could: a truncated compound still yields its complete parts, as in Go.
// Source: memberlist net.go:ingestPacket, label.go, docs/protocol.md section 4.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/keyring.h"
#include "wire/message.h"

namespace scrimp::wire {

/// One packet on the wire never exceeds this (memberlist's UDPBufferSize), whatever it carries.
inline constexpr std::size_t packet_bytes_max_default = 1400;
/// What a compressed packet may become: far more than any honest one, far less than what hurts.
inline constexpr std::size_t packet_inflated_bytes_max = std::size_t{1} << 20;
/// A Go peer up to 0.2.3 computes the count of parts times two in eight bits and crashes at 128.
inline constexpr std::size_t compound_parts_max_sent = 127;

/// What both ends of a conversation must agree on, packets and streams alike.
struct Envelope {
    std::string label;            ///< At most 255 bytes; empty: none.
    Keyring keys;                 ///< Empty: plaintext.
    bool verify_incoming = true;  ///< With keys: refuse plaintext.
    bool verify_outgoing = true;  ///< With keys: seal what we send.
    bool compress = true;         ///< Compress what we send where that makes it smaller.
    friend bool operator==(const Envelope&, const Envelope&) = default;
};

/// Whether what is sent in it is sealed.
[[nodiscard]] bool seals(const Envelope& envelope);

/// Why bytes were refused, for counters: a peer cannot make us log a line a packet.
enum class Reason : std::uint8_t {
    Empty,
    LabelMismatch,
    NotEncrypted,
    Undecryptable,
    BadCrc,
    BadCompression,
    TooDeep,
    TooLarge,
    Truncated,
    UnknownType,
    BadBody,
};
inline constexpr std::size_t reasons_count = 11;
/// "label-mismatch", …: the spelling of metrics and of `wire decode`.
[[nodiscard]] std::string_view name_of(Reason reason);

struct Refusal {
    Reason reason;
    std::string detail;  ///< A sentence for a person who reads a capture.
    friend bool operator==(const Refusal&, const Refusal&) = default;
};

struct PacketContents {
    std::vector<Message> messages;
    std::vector<Refusal> refusals;
};

[[nodiscard]] PacketContents decode_packet(ByteView packet, const Envelope& envelope);

/// Bytes left for messages in one packet: the limit less what label and encryption will add.
[[nodiscard]] std::size_t packet_room(const Envelope& envelope, std::size_t packet_bytes_max);

/// What one message costs inside a compound beside its own bytes, and what the compound costs.
inline constexpr std::size_t compound_part_overhead = 2;
inline constexpr std::size_t compound_overhead = 2;

/// What label (up to 257), seal and CRC can add to a packet's content.
inline constexpr std::size_t packet_envelope_overhead_max = 257 + seal_overhead + 5;

/// A part's length is two bytes on the wire.
inline constexpr std::size_t compound_part_bytes_max = 0xffff;
/// Appends a compound of up to 255 parts of up to compound_part_bytes_max (asserted).
void append_compound(Bytes& out, std::span<const Bytes> parts);

/// Wraps already encoded messages (1 to compound_parts_max_sent, asserted) into one packet: a
/// compound if there are several, compressed where smaller, CRC if `with_crc`, sealed, labelled.
[[nodiscard]] Bytes encode_packet(std::span<const Bytes> messages, const Envelope& envelope,
                                  bool with_crc, const NonceSource& nonces);

}  // namespace scrimp::wire
