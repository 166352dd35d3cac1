// Base64 (RFC 4648, with padding): keys, permits, and the keys and values of etcd's gateway.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace scrimp {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
[[nodiscard]] std::string base64_encode(ByteView bytes);

/// Bytes that so many characters may stand for, while they are decoded.
[[nodiscard]] constexpr std::size_t base64_decoded_max(std::size_t chars) {
    return (chars + 1) * 6 / 8;
}

/// Fails on anything but whole groups of the alphabet; white space is skipped.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);
/// The same into room of the caller's, at least base64_decoded_max, for what shall be wiped
/// afterwards, after a failure too; returns how many bytes there are.
[[nodiscard]] Result<std::size_t> base64_decode(std::string_view text, std::span<std::byte> room);

}  // namespace scrimp
