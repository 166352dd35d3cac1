// A payload as it was nested: every envelope with what is needed to make it again, the messages
// inside, and refusals where something could not be understood. For people and tests that look at
// captures; the daemon needs only decode_packet() and StreamReader, which share all reading with
// this: a tree is built by a visitor of the same walk, or from the layers a StreamReader met.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "wire/packet_walk.h"
#include "wire/stream.h"

namespace scrimp::wire {

struct Tree {
    std::variant<Layer, Message, StreamMessage, Refusal> content;
    /// What a layer holds: any number in a compound, else one. A compound that is cut off ends with
    /// a refusal.
    std::vector<Tree> parts{};
    /// With a refusal: the bytes in question, unless an envelope of a stream hides them.
    Bytes refused{};
    friend bool operator==(const Tree&, const Tree&) = default;
};

enum class Transport : std::uint8_t { Packet, Stream };

/// Both always yield a tree; where nothing is understood it is one refusal.
[[nodiscard]] Tree read_packet_tree(ByteView packet, const Envelope& envelope);
/// `stream`: everything one side of a connection wrote. Where it is not whole, Truncated.
[[nodiscard]] Tree read_stream_tree(ByteView stream, const Envelope& envelope, Direction direction);

/// Whether a refusal stands anywhere in it.
[[nodiscard]] bool has_refusal(const Tree& tree);

/// The bytes the tree was read from, provided that they were written as Go writes them and that
/// `envelope` is the one it was read with; refusals are left out. Nothing if a compound's part
/// comes out longer than its length can say: hostile compression can be denser than Go's.
[[nodiscard]] std::optional<Bytes> encode_tree(const Tree& tree, Transport transport,
                                               const Envelope& envelope);

}  // namespace scrimp::wire
