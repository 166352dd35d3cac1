// A stream: any split reads as the whole does, and what was understood is written and read as the
// same. The first byte of the input chooses key, direction and where to cut.
#include "fuzz.h"
#include "wire/tree.h"

namespace {

using namespace scrimp;
using Status = wire::StreamReader::Status;

wire::Envelope make_envelope(bool sealed) {
    wire::Envelope envelope;
    envelope.label = sealed ? "prod" : "";
    if (sealed) SCRIMP_ASSERT(envelope.keys.add(Bytes(16, std::byte{1})));
    return envelope;
}

Status feed_in_pieces(wire::StreamReader& reader, ByteView stream, std::size_t piece) {
    Status status = Status::NeedsMore;
    while (!stream.empty() && status == Status::NeedsMore) {
        const std::size_t size = std::min(piece, stream.size());
        status = reader.feed(stream.first(size));
        stream = stream.subspan(size);
    }
    return status;
}

void expect_same_in_pieces(ByteView stream, const wire::Envelope& envelope,
                           wire::Direction direction, std::size_t piece) {
    wire::StreamReader whole(envelope, direction);
    wire::StreamReader split(envelope, direction);
    const Status status = stream.empty() ? Status::NeedsMore : whole.feed(stream);
    SCRIMP_ASSERT(status == feed_in_pieces(split, stream, piece));
    if (status == Status::Complete) SCRIMP_ASSERT(whole.take() == split.take());
    if (status == Status::Refused) SCRIMP_ASSERT(whole.refusal().reason == split.refusal().reason);
}

void expect_round_trip(ByteView stream, const wire::Envelope& envelope, wire::Direction direction) {
    const wire::Tree tree = wire::read_stream_tree(stream, envelope, direction);
    if (has_refusal(tree)) return;
    const auto encoded = wire::encode_tree(tree, wire::Transport::Stream, envelope);
    SCRIMP_ASSERT(encoded && wire::read_stream_tree(*encoded, envelope, direction) == tree);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const wire::Envelope plain = make_envelope(false);
    static const wire::Envelope keyed = make_envelope(true);
    if (size == 0) return 0;
    const bool sealed = (data[0] & 0x01) != 0;
    const auto direction =
        (data[0] & 0x02) != 0 ? wire::Direction::FromAcceptor : wire::Direction::FromDialer;
    const std::size_t piece = 1 + (data[0] >> 2);
    const ByteView input = fuzz::view(data + 1, size - 1);

    const wire::Envelope& envelope = sealed ? keyed : plain;
    expect_same_in_pieces(input, envelope, direction, piece);
    expect_round_trip(input, envelope, direction);
    if (sealed) {
        Bytes stream;
        wire::append_sealed_stream(stream, input, envelope.label, envelope.keys, {});
        expect_same_in_pieces(stream, envelope, wire::Direction::FromAcceptor, piece);
        expect_round_trip(stream, envelope, wire::Direction::FromAcceptor);
    }
    return 0;
}
