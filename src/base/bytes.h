// Owned and borrowed bytes, and their three spellings: text, hexadecimal, big-endian numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scrimp {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

/// The bytes of a text, borrowed: valid as long as the text is.
[[nodiscard]] ByteView view_of(std::string_view text);
[[nodiscard]] Bytes to_bytes(std::string_view text);
[[nodiscard]] Bytes to_bytes(ByteView view);

/// The text that bytes spell, borrowed; no encoding is checked.
[[nodiscard]] std::string_view text_of(ByteView bytes);

/// Lower-case hexadecimal, two digits a byte, no separators.
[[nodiscard]] std::string to_hex(ByteView bytes);
/// Nothing if the length is odd or a digit is not hexadecimal (either case is read).
[[nodiscard]] std::optional<Bytes> parse_hex(std::string_view hex);

void append(Bytes& out, ByteView more);
void append_u8(Bytes& out, std::uint8_t value);
void append_u16be(Bytes& out, std::uint16_t value);
void append_u32be(Bytes& out, std::uint32_t value);

/// The caller has checked that `bytes` holds at least `at` + 2 (or + 4) bytes; asserted.
[[nodiscard]] std::uint16_t read_u16be(ByteView bytes, std::size_t at);
[[nodiscard]] std::uint32_t read_u32be(ByteView bytes, std::size_t at);

/// Equality of contents, which std::span leaves out.
[[nodiscard]] bool equal(ByteView a, ByteView b);

}  // namespace scrimp
