#include "wire/packet_walk.h"

#include "wire/compression.h"
#include "wire/crc32.h"
#include "wire/label.h"

namespace scrimp::wire {

namespace {

/// Honest packets hold one compression around one compound; Go takes any depth.
constexpr int compressions_max = 2;
constexpr int compounds_max = 2;
/// Messages and refusals of one packet: two full compounds of 255. Nested compounds could name
/// 65,025 parts in one datagram.
constexpr int parts_max = 2 * 255;

constexpr std::size_t crc_header_size = 1 + 4;

class Walk {
  public:
    Walk(const Envelope& envelope, PacketVisitor& visitor)
        : envelope_(envelope), visitor_(visitor) {}

    void run(ByteView packet) {
        const auto header = read_label(packet);
        if (!header) return refuse(packet, header.error());
        if (auto ours = check_label(header->label, envelope_.label); !ours)
            return refuse(packet, ours.error());
        const ByteView rest = packet.subspan(header->size);
        if (header->size == 0) return unseal(rest);
        visitor_.enter(LabelLayer{std::string(header->label)});
        unseal(rest);
        visitor_.leave();
    }

  private:
    void refuse(ByteView bytes, Refusal refusal) {
        ++parts_;
        visitor_.refuse(std::move(refusal), bytes);
    }
    void refuse(ByteView bytes, Reason reason, std::string detail) {
        refuse(bytes, {reason, std::move(detail)});
    }

    void unseal(ByteView bytes) {
        if (bytes.empty()) return refuse(bytes, Reason::Empty, "nothing there");
        unopened_ = bytes;
        if (envelope_.keys.empty()) return check_crc(bytes);
        const auto opened = envelope_.keys.open_sealed(bytes, view_of(envelope_.label));
        if (opened) {
            visitor_.enter(SealLayer{opened->sealing});
            check_crc(opened->plain);
            return visitor_.leave();
        }
        if (!envelope_.verify_incoming) return check_crc(bytes);
        // What starts like a seal may be a question in plain.
        if (!may_be_sealed(bytes) || is_question(bytes))
            return refuse(bytes, Reason::NotEncrypted,
                          "a plain packet where sealed ones are wanted");
        refuse(bytes, Reason::Undecryptable, "encrypt: " + opened.error().message);
    }

    /// A sealed packet starts with its version. 0 and 1 are also the types of a ping and of an
    /// indirect ping.
    static bool may_be_sealed(ByteView bytes) {
        return bytes.size() >= seal_overhead && std::to_integer<unsigned>(bytes[0]) <= 1;
    }

    /// Whether it reads as a question to somebody. To nobody one foreign seal in 256 does, where
    /// the nonce begins like an empty map.
    static bool is_question(ByteView bytes) {
        const auto message = decode_message(bytes);
        if (!message) return false;
        const auto* ping = std::get_if<Ping>(&*message);
        const auto* indirect = std::get_if<IndirectPing>(&*message);
        return (ping != nullptr && !ping->node.empty()) ||
               (indirect != nullptr && !indirect->node.empty());
    }

    void check_crc(ByteView bytes) {
        if (bytes.empty()) return refuse(bytes, Reason::Empty, "encrypt: nothing inside");
        if (static_cast<MessageType>(bytes[0]) != MessageType::HasCrc) return open(bytes, 0, 0);
        if (bytes.size() < crc_header_size)
            return refuse(bytes, Reason::Truncated, "hasCrc: the checksum is cut off");
        const ByteView rest = bytes.subspan(crc_header_size);
        if (rest.empty()) return refuse(bytes, Reason::Empty, "hasCrc: a checksum over nothing");
        if (read_u32be(bytes, 1) != crc32(rest))
            return refuse(bytes, Reason::BadCrc, "hasCrc: the checksum does not fit");
        visitor_.enter(CrcLayer{});
        open(rest, 0, 0);
        visitor_.leave();
    }

    void open(ByteView bytes, int compressions, int compounds) {
        if (parts_ > parts_max) return;
        if (bytes.empty()) return refuse(bytes, Reason::Empty, "compound: a part of no bytes");
        switch (static_cast<MessageType>(bytes[0])) {
            case MessageType::Compress:
                return inflate(bytes, compressions + 1, compounds);
            case MessageType::Compound:
                return split(bytes, compressions, compounds + 1);
            default:
                return decode(bytes);
        }
    }

    void inflate(ByteView message, int compressions, int compounds) {
        if (compressions > compressions_max)
            return refuse(message, Reason::TooDeep, "compress: nested too deep");
        const auto inflated = decompress(message.subspan(1), inflated_bytes_left_);
        if (!inflated) {
            // What failed may have cost the whole allowance; nothing else gets one.
            inflated_bytes_left_ = 0;
            return refuse(message, inflated.error());
        }
        inflated_bytes_left_ -= inflated->size();
        visitor_.enter(CompressionLayer{});
        open(*inflated, compressions, compounds);
        visitor_.leave();
    }

    /// count (u8), count times a length (u16), then the parts.
    void split(ByteView message, int compressions, int compounds) {
        if (compounds > compounds_max)
            return refuse(message, Reason::TooDeep, "compound: nested too deep");
        const ByteView body = message.subspan(1);
        if (body.empty())
            return refuse(message, Reason::Truncated, "compound: the count is cut off");
        const auto count = std::to_integer<std::size_t>(body[0]);
        const ByteView lengths = body.subspan(1);
        if (lengths.size() < 2 * count)
            return refuse(message, Reason::Truncated, "compound: the lengths are cut off");
        ByteView rest = lengths.subspan(2 * count);
        visitor_.enter(CompoundLayer{});
        for (std::size_t i = 0; i < count && parts_ <= parts_max; ++i) {
            const std::size_t length = read_u16be(lengths, 2 * i);
            if (length > rest.size()) {
                refuse(rest, Reason::Truncated,
                       "compound: " + std::to_string(count - i) + " parts are cut off");
                break;
            }
            open(rest.first(length), compressions, compounds);
            rest = rest.subspan(length);
        }
        visitor_.leave();
    }

    void decode(ByteView bytes) {
        const auto type = static_cast<MessageType>(bytes[0]);
        if (!travels_in_packets(type))
            return refuse(bytes, Reason::UnknownType,
                          "type " + std::to_string(static_cast<unsigned>(type)) + " (" +
                              std::string(name_of(type)) + ") does not belong in a packet here");
        if (parts_ == parts_max)
            return refuse(bytes, Reason::TooLarge, "more messages than a packet may hold");
        auto message = decode_message(bytes);
        if (!message && bytes.data() == unopened_.data() && may_be_sealed(bytes))
            return refuse(bytes, Reason::Undecryptable,
                          envelope_.keys.empty() ? "encrypt: no message; sealed, it seems, and "
                                                   "there is no key"
                                                 : "encrypt: no message, and no key opens it");
        if (!message) return refuse(bytes, Reason::BadBody, std::move(message.error().message));
        ++parts_;
        visitor_.message(*std::move(message));
    }

    const Envelope& envelope_;
    PacketVisitor& visitor_;
    ByteView unopened_;  ///< As it came, but for the label.
    std::size_t inflated_bytes_left_ = packet_inflated_bytes_max;
    int parts_ = 0;
};

}  // namespace

void walk_packet(ByteView packet, const Envelope& envelope, PacketVisitor& visitor) {
    Walk(envelope, visitor).run(packet);
}

}  // namespace scrimp::wire
