// The label header of memberlist 0.3.0: f4, one length byte, 1 to 255 bytes of text. It keeps
// clusters apart that can reach each other, and is authenticated when gossip is sealed.
// Source: memberlist label.go, docs/protocol.md sections 4 and 5.
#pragma once

#include <string_view>

#include "wire/packet.h"

namespace scrimp::wire {

struct LabelHeader {
    std::string_view label;  ///< Borrowed; empty: there is no header.
    std::size_t size = 0;    ///< Bytes the header takes.
};

/// Reads the header, if the bytes start with one. Refused: a header that is cut off (Truncated) or
/// says nothing (LabelMismatch).
[[nodiscard]] Result<LabelHeader, Refusal> read_label(ByteView bytes);
/// Refuses a label (or the lack of one) that is not ours.
[[nodiscard]] Result<void, Refusal> check_label(std::string_view theirs, std::string_view ours);

/// Nothing is appended for an empty label; at most 255 bytes (asserted).
void append_label(Bytes& out, std::string_view label);

}  // namespace scrimp::wire
