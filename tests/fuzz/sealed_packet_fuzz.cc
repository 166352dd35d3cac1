// A datagram under label and key. As it comes, it is opened or refused; sealed by us, its content
// reads as it would without label and seal.
#include "fuzz.h"
#include "wire/label.h"
#include "wire/packet.h"

namespace {

using namespace scrimp;

wire::Envelope make_envelope() {
    wire::Envelope envelope;
    envelope.label = "prod";
    SCRIMP_ASSERT(envelope.keys.add(Bytes(16, std::byte{1})));
    return envelope;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const wire::Envelope envelope = make_envelope();
    const ByteView content = fuzz::view(data, size);
    (void)wire::decode_packet(content, envelope);

    Bytes packet;
    wire::append_label(packet, envelope.label);
    envelope.keys.seal_as(packet, content, view_of(envelope.label), {});
    const auto sealed = wire::decode_packet(packet, envelope);
    // A plain packet may start with a label header, a sealed content may not.
    if (size > 0 && static_cast<wire::MessageType>(data[0]) == wire::MessageType::HasLabel)
        return 0;
    const auto plain = wire::decode_packet(content, wire::Envelope{});
    SCRIMP_ASSERT(sealed.messages == plain.messages);
    SCRIMP_ASSERT(sealed.refusals.size() == plain.refusals.size());
    return 0;
}
