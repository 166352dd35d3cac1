#include "wire/packet.h"

#include "base/assert.h"
#include "wire/compression.h"
#include "wire/crc32.h"
#include "wire/label.h"
#include "wire/packet_walk.h"

namespace scrimp::wire {

namespace {

/// Messages of a compound that are made room for: as many announcements as one packet holds.
constexpr std::size_t usual_parts = 8;

class Flattener final : public PacketVisitor {
  public:
    void enter(Layer layer) override {
        if (std::holds_alternative<CompoundLayer>(layer)) contents_.messages.reserve(usual_parts);
    }
    void message(Message message) override { contents_.messages.push_back(std::move(message)); }
    void refuse(Refusal refusal, ByteView) override {
        contents_.refusals.push_back(std::move(refusal));
    }
    [[nodiscard]] PacketContents take() { return std::move(contents_); }

  private:
    PacketContents contents_;
};

}  // namespace

bool seals(const Envelope& envelope) {
    return !envelope.keys.empty() && envelope.verify_outgoing;
}

std::string_view name_of(Reason reason) {
    switch (reason) {
        case Reason::Empty:
            return "empty";
        case Reason::LabelMismatch:
            return "label-mismatch";
        case Reason::NotEncrypted:
            return "not-encrypted";
        case Reason::Undecryptable:
            return "undecryptable";
        case Reason::BadCrc:
            return "bad-crc";
        case Reason::BadCompression:
            return "bad-compression";
        case Reason::TooDeep:
            return "too-deep";
        case Reason::TooLarge:
            return "too-large";
        case Reason::Truncated:
            return "truncated";
        case Reason::UnknownType:
            return "unknown-type";
        case Reason::BadBody:
            return "bad-body";
    }
    return "unknown";
}

PacketContents decode_packet(ByteView packet, const Envelope& envelope) {
    Flattener flattener;
    walk_packet(packet, envelope, flattener);
    return flattener.take();
}

std::size_t packet_room(const Envelope& envelope, std::size_t packet_bytes_max) {
    const std::size_t label = envelope.label.empty() ? 0 : 2 + envelope.label.size();
    const std::size_t taken = label + (seals(envelope) ? seal_overhead : 0);
    return packet_bytes_max > taken ? packet_bytes_max - taken : 0;
}

void append_compound(Bytes& out, std::span<const Bytes> parts) {
    SCRIMP_ASSERT(parts.size() <= 255);
    append_u8(out, static_cast<std::uint8_t>(MessageType::Compound));
    append_u8(out, static_cast<std::uint8_t>(parts.size()));
    for (const Bytes& part : parts) {
        SCRIMP_ASSERT(part.size() <= compound_part_bytes_max);
        append_u16be(out, static_cast<std::uint16_t>(part.size()));
    }
    for (const Bytes& part : parts) append(out, part);
}

Bytes encode_packet(std::span<const Bytes> messages, const Envelope& envelope, bool with_crc,
                    const NonceSource& nonces) {
    SCRIMP_ASSERT(!messages.empty() && messages.size() <= compound_parts_max_sent);
    Bytes compound;
    if (messages.size() > 1) append_compound(compound, messages);
    ByteView content = messages.size() > 1 ? compound : messages.front();

    std::optional<Bytes> compressed;
    if (envelope.compress) compressed = compress_if_smaller(content);
    if (compressed) content = *compressed;

    Bytes plain;
    plain.reserve(content.size() + packet_envelope_overhead_max);
    if (!seals(envelope)) append_label(plain, envelope.label);
    if (with_crc) {
        append_u8(plain, static_cast<std::uint8_t>(MessageType::HasCrc));
        append_u32be(plain, crc32(content));
    }
    append(plain, content);
    if (!seals(envelope)) return plain;

    Bytes packet;
    packet.reserve(plain.size() + packet_envelope_overhead_max);
    append_label(packet, envelope.label);
    envelope.keys.seal_to(packet, plain, view_of(envelope.label), nonces);
    return packet;
}

}  // namespace scrimp::wire
