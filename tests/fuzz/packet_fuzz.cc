// A plain datagram: the flat reading and the nested one agree, and what was understood whole is
// written and read as the same.
#include "fuzz.h"
#include "wire/tree.h"

namespace {

using namespace scrimp;

struct Counts {
    std::size_t messages = 0;
    std::size_t refusals = 0;
};

void count(const wire::Tree& tree, Counts& counts) {
    counts.messages += std::holds_alternative<wire::Message>(tree.content);
    counts.refusals += std::holds_alternative<wire::Refusal>(tree.content);
    for (const wire::Tree& part : tree.parts) count(part, counts);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const wire::Envelope envelope;
    const ByteView packet = fuzz::view(data, size);
    const wire::PacketContents contents = wire::decode_packet(packet, envelope);
    const wire::Tree tree = wire::read_packet_tree(packet, envelope);
    Counts counts;
    count(tree, counts);
    SCRIMP_ASSERT(counts.messages == contents.messages.size());
    SCRIMP_ASSERT(counts.refusals == contents.refusals.size());
    if (counts.refusals > 0) return 0;
    const auto encoded = wire::encode_tree(tree, wire::Transport::Packet, envelope);
    if (encoded) SCRIMP_ASSERT(wire::read_packet_tree(*encoded, envelope) == tree);
    return 0;
}
