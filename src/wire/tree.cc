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

Bytes encode_content(const Tree& tree, Transport transport, const Envelope& envelope);

/// The only part of any layer but a compound.
Bytes encode_inner(const Tree& tree, Transport transport, const Envelope& envelope) {
    return tree.parts.empty() ? Bytes{} : encode_content(tree.parts.front(), transport, envelope);
}

Bytes encode_compound(const Tree& tree, Transport transport, const Envelope& envelope) {
    std::vector<Bytes> parts;
    for (const Tree& part : tree.parts)
        if (!std::holds_alternative<Refusal>(part.content))
            parts.push_back(encode_content(part, transport, envelope));
    Bytes out;
    append_compound(out, parts);
    return out;
}

Bytes encode_layer(const Layer& layer, const Tree& tree, Transport transport,
                   const Envelope& envelope) {
    if (std::holds_alternative<CompoundLayer>(layer))
        return encode_compound(tree, transport, envelope);
    const Bytes inner = encode_inner(tree, transport, envelope);
    Bytes out;
    std::visit(Overloaded{
                   [&](const LabelLayer& label) {
                       append_label(out, label.label);
                       append(out, inner);
                   },
                   [&](const SealLayer& seal) {
                       if (transport == Transport::Stream) {
                           append_sealed_stream(out, inner, envelope.label, envelope.keys,
                                                seal.sealing);
                       } else {
                           envelope.keys.seal_as(out, inner, view_of(envelope.label), seal.sealing);
                       }
                   },
                   [&](const CrcLayer&) {
                       append_u8(out, static_cast<std::uint8_t>(MessageType::HasCrc));
                       append_u32be(out, crc32(inner));
                       append(out, inner);
                   },
                   [&](const CompressionLayer&) { out = compress(inner); },
                   [&](const CompoundLayer&) {},
               },
               layer);
    return out;
}

Bytes encode_content(const Tree& tree, Transport transport, const Envelope& envelope) {
    return std::visit(
        Overloaded{
            [&](const Layer& layer) { return encode_layer(layer, tree, transport, envelope); },
            [&](const Message& message) { return encode_message(message); },
            [&](const StreamMessage& message) { return encode_stream_body(message); },
            [&](const Refusal&) { return Bytes{}; },
        },
        tree.content);
}

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

Bytes encode_tree(const Tree& tree, Transport transport, const Envelope& envelope) {
    return encode_content(tree, transport, envelope);
}

}  // namespace scrimp::wire
