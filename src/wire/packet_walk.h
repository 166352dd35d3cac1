// The one walk over a datagram. decode_packet() flattens what it meets, the capture reader
// (tree.h) keeps the nesting; both hear the same walk, so what one understands the other does.
#pragma once

#include <variant>

#include "wire/packet.h"

namespace scrimp::wire {

struct LabelLayer {
    std::string label;
    friend bool operator==(const LabelLayer&, const LabelLayer&) = default;
};
struct SealLayer {
    Sealing sealing;
    friend bool operator==(const SealLayer&, const SealLayer&) = default;
};
struct CrcLayer {
    friend bool operator==(const CrcLayer&, const CrcLayer&) = default;
};
struct CompressionLayer {
    friend bool operator==(const CompressionLayer&, const CompressionLayer&) = default;
};
struct CompoundLayer {
    friend bool operator==(const CompoundLayer&, const CompoundLayer&) = default;
};
using Layer = std::variant<LabelLayer, SealLayer, CrcLayer, CompressionLayer, CompoundLayer>;

/// Hears what a packet is made of, outermost first. Every enter() has its leave(). A layer that
/// could not be opened is not entered, its refusal stands in its place.
class PacketVisitor {
  public:
    virtual void enter(Layer) {}
    virtual void leave() {}
    virtual void message(Message message) = 0;
    /// `bytes` are those that were not understood.
    virtual void refuse(Refusal refusal, ByteView bytes) = 0;

  protected:
    ~PacketVisitor() = default;
};

void walk_packet(ByteView packet, const Envelope& envelope, PacketVisitor& visitor);

}  // namespace scrimp::wire
