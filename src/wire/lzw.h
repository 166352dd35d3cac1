// LZW as Go's compress/lzw has it with LSB order and literal width 8: what memberlist compresses
// with. The encoder writes the very bytes Go writes, so that a decoded capture re-encodes.
//
// Codes 0 to 255 are literals, 256 clears, 257 ends; codes start at 9 bits and grow to 12. A stream
// starts with a clear; when code 4095 would be taken, the encoder clears and starts again at 9
// bits. The decoder freezes a full table until the next clear.
//
// Idea of the decoder: each table entry is what an earlier code expanded to plus one byte, and
// those bytes stand in the output already, so an entry is a place and a length and expanding is one
// copy; there is no chain to walk. Ratio: one 12-bit code can expand to about 3,800 bytes, hence
// the cap. Source: Go compress/lzw reader.go and writer.go; docs/protocol.md section 4.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace scrimp::wire {

enum class LzwError : std::uint8_t {
    InvalidCode,
    NoEnd,     ///< The input ends before the end code.
    TooLarge,  ///< The output would exceed the cap; at most the cap was held.
};

/// Bytes after the end code are ignored.
[[nodiscard]] Result<Bytes, LzwError> lzw_decode(ByteView compressed, std::size_t output_bytes_max);

[[nodiscard]] Bytes lzw_encode(ByteView plain);
/// The same, but nothing as soon as it is clear that the result would exceed `output_bytes_max`: an
/// attempt on what does not compress ends early.
[[nodiscard]] std::optional<Bytes> lzw_encode_within(ByteView plain, std::size_t output_bytes_max);

}  // namespace scrimp::wire
