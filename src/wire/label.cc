#include "wire/label.h"

#include "base/assert.h"

namespace scrimp::wire {

namespace {

constexpr std::size_t header_size = 2;
constexpr std::size_t label_bytes_max = 255;

}  // namespace

Result<LabelHeader, Refusal> read_label(ByteView bytes) {
    if (bytes.empty() || static_cast<MessageType>(bytes[0]) != MessageType::HasLabel)
        return LabelHeader{};
    const auto cut_off = Refusal{Reason::Truncated, "label: the header is cut off"};
    if (bytes.size() < header_size) return tl::unexpected(cut_off);
    const auto length = std::to_integer<std::size_t>(bytes[1]);
    if (length == 0)
        return tl::unexpected(Refusal{Reason::LabelMismatch, "label: a header without a label"});
    if (bytes.size() - header_size < length) return tl::unexpected(cut_off);
    return LabelHeader{text_of(bytes.subspan(header_size, length)), header_size + length};
}

Result<void, Refusal> check_label(std::string_view theirs, std::string_view ours) {
    if (theirs == ours) return {};
    if (theirs.empty())
        return tl::unexpected(Refusal{Reason::LabelMismatch, "label: none where one is wanted"});
    return tl::unexpected(Refusal{Reason::LabelMismatch, ours.empty()
                                                             ? "label: one where none is wanted"
                                                             : "label: of another cluster"});
}

void append_label(Bytes& out, std::string_view label) {
    if (label.empty()) return;
    SCRIMP_ASSERT(label.size() <= label_bytes_max);
    append_u8(out, static_cast<std::uint8_t>(MessageType::HasLabel));
    append_u8(out, static_cast<std::uint8_t>(label.size()));
    append(out, view_of(label));
}

}  // namespace scrimp::wire
