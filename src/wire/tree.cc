#include "wire/tree.h"

#include <algorithm>
#include <optional>

#include "base/machine.h"
#include "wire/compression.h"
#include "wire/crc32.h"
#include "wire/label.h"

namespace scrimp::wire {

namespace {

/// Grows the tree along the walk. The pointers stay valid: only the innermost open tree gets parts.
class Builder final : public PacketVisitor {
  public:
    void enter(Layer layer) override { open_.push_back(&add({std::move(layer)})); }
    void leave() override { open_.pop_back(); }
    void message(Message message) override { add({std::move(message)}); }
    void refuse(Refusal refusal, ByteView bytes) override {
        add({std::move(refusal), {}, to_bytes(bytes)});
    }

    [[nodiscard]] Tree take() { return std::move(root_); }

  private:
    Tree& add(Tree tree) {
        if (open_.empty()) return root_ = std::move(tree);
        return open_.back()->parts.emplace_back(std::move(tree));
    }

    Tree root_{Refusal{Reason::Empty, "nothing there"}};
    std::vector<Tree*> open_;
};

Tree wrap(Layer layer, Tree inner) {
    Tree outer{std::move(layer)};
    outer.parts.push_back(std::move(inner));
    return outer;
}

class Encoder {
  public:
    Encoder(Transport transport, const Envelope& envelope)
        : transport_(transport), envelope_(envelope) {}

    std::optional<Bytes> run(const Tree& tree) {
        Bytes out = encode(tree);
        if (!fits_) return std::nullopt;
        return out;
    }

  private:
    Bytes encode(const Tree& tree) {
        return std::visit(
            Overloaded{
                [&](const Layer& layer) { return encode_layer(layer, tree); },
                [](const Message& message) { return encode_message(message); },
                [](const StreamMessage& message) { return encode_stream_body(message); },
                [](const Refusal&) { return Bytes{}; },
            },
            tree.content);
    }

    Bytes encode_compound(const Tree& tree) {
        std::vector<Bytes> parts;
        for (const Tree& part : tree.parts) {
            if (std::holds_alternative<Refusal>(part.content)) continue;
            parts.push_back(encode(part));
            fits_ = fits_ && parts.back().size() <= compound_part_bytes_max;
        }
        Bytes out;
        if (fits_) append_compound(out, parts);
        return out;
    }

    Bytes encode_layer(const Layer& layer, const Tree& tree) {
        if (std::holds_alternative<CompoundLayer>(layer)) return encode_compound(tree);
        const Bytes inner = tree.parts.empty() ? Bytes{} : encode(tree.parts.front());
        Bytes out;
        std::visit(Overloaded{
                       [&](const LabelLayer& label) {
                           append_label(out, label.label);
                           append(out, inner);
                       },
                       [&](const SealLayer& seal) { append_sealed(out, inner, seal.sealing); },
                       [&](const CrcLayer&) {
                           append_u8(out, static_cast<std::uint8_t>(MessageType::HasCrc));
                           append_u32be(out, crc32(inner));
                           append(out, inner);
                       },
                       [&](const CompressionLayer&) { out = compress(inner); },
                       [](const CompoundLayer&) {},
                   },
                   layer);
        return out;
    }

    void append_sealed(Bytes& out, ByteView plain, const Sealing& sealing) {
        if (transport_ == Transport::Stream) {
            append_sealed_stream(out, plain, envelope_.label, envelope_.keys, sealing);
        } else {
            envelope_.keys.seal_as(out, plain, view_of(envelope_.label), sealing);
        }
    }

    Transport transport_;
    const Envelope& envelope_;
    bool fits_ = true;
};

}  // namespace

Tree read_packet_tree(ByteView packet, const Envelope& envelope) {
    Builder builder;
    walk_packet(packet, envelope, builder);
    return builder.take();
}

Tree read_stream_tree(ByteView stream, const Envelope& envelope, Direction direction) {
    StreamReader reader(envelope, direction);
    Tree tree{Refusal{Reason::Truncated, "the stream ends before its message does"}};
    switch (reader.feed(stream)) {
        case StreamReader::Status::Complete:
            tree.content = reader.take();
            break;
        case StreamReader::Status::Refused:
            tree.content = reader.refusal();
            break;
        case StreamReader::Status::NeedsMore:
            break;
    }
    const StreamLayers& layers = reader.layers();
    if (std::holds_alternative<Refusal>(tree.content) && !layers.sealing && !layers.compressed)
        tree.refused = to_bytes(stream.subspan(layers.labelled ? 2 + envelope.label.size() : 0));
    if (layers.compressed) tree = wrap(CompressionLayer{}, std::move(tree));
    if (layers.sealing) tree = wrap(SealLayer{*layers.sealing}, std::move(tree));
    if (layers.labelled) tree = wrap(LabelLayer{envelope.label}, std::move(tree));
    return tree;
}

bool has_refusal(const Tree& tree) {
    return std::holds_alternative<Refusal>(tree.content) ||
           std::ranges::any_of(tree.parts, has_refusal);
}

std::optional<Bytes> encode_tree(const Tree& tree, Transport transport, const Envelope& envelope) {
    return Encoder(transport, envelope).run(tree);
}

}  // namespace scrimp::wire
