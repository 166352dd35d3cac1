// The compression envelope: type byte 9 and {Algo, Buf}, LZW the only algorithm.
// Source: memberlist util.go:compressPayload, decompressPayload; docs/protocol.md section 4.
#pragma once

#include <optional>

#include "wire/packet.h"

namespace scrimp::wire {

/// `message` in its compression envelope, type byte included.
[[nodiscard]] Bytes compress(ByteView message);
/// The same, or nothing where it would not be smaller than `message`.
[[nodiscard]] std::optional<Bytes> compress_if_smaller(ByteView message);

/// The message inside an envelope whose type byte is off. Refused if the body is not understood
/// (BadBody), the bytes are no LZW (BadCompression), yield nothing (Empty) or more than
/// `inflated_bytes_max` (TooLarge).
[[nodiscard]] Result<Bytes, Refusal> decompress(ByteView body, std::size_t inflated_bytes_max);

}  // namespace scrimp::wire
