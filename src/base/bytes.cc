#include "base/bytes.h"

#include <algorithm>

#include "base/assert.h"

namespace scrimp {

ByteView view_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

Bytes to_bytes(std::string_view text) {
    return to_bytes(view_of(text));
}

Bytes to_bytes(ByteView view) {
    return {view.begin(), view.end()};
}

std::string_view text_of(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string to_hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const std::byte byte : bytes) {
        hex += digits[std::to_integer<std::size_t>(byte >> 4)];
        hex += digits[std::to_integer<std::size_t>(byte & std::byte{0x0f})];
    }
    return hex;
}

namespace {

std::optional<unsigned> parse_digit(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return std::nullopt;
}

}  // namespace

std::optional<Bytes> parse_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    Bytes bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const auto high = parse_digit(hex[i]);
        const auto low = parse_digit(hex[i + 1]);
        if (!high || !low) return std::nullopt;
        bytes.push_back(static_cast<std::byte>(*high << 4 | *low));
    }
    return bytes;
}

void append(Bytes& out, ByteView more) {
    out.insert(out.end(), more.begin(), more.end());
}

void append_u8(Bytes& out, std::uint8_t value) {
    out.push_back(std::byte{value});
}

void append_u16be(Bytes& out, std::uint16_t value) {
    append_u8(out, static_cast<std::uint8_t>(value >> 8));
    append_u8(out, static_cast<std::uint8_t>(value));
}

void append_u32be(Bytes& out, std::uint32_t value) {
    append_u16be(out, static_cast<std::uint16_t>(value >> 16));
    append_u16be(out, static_cast<std::uint16_t>(value));
}

std::uint16_t read_u16be(ByteView bytes, std::size_t at) {
    SCRIMP_ASSERT(bytes.size() >= 2 && at <= bytes.size() - 2);
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8 |
                                      std::to_integer<unsigned>(bytes[at + 1]));
}

std::uint32_t read_u32be(ByteView bytes, std::size_t at) {
    SCRIMP_ASSERT(bytes.size() >= 4 && at <= bytes.size() - 4);
    return std::uint32_t{read_u16be(bytes, at)} << 16 | read_u16be(bytes, at + 2);
}

bool equal(ByteView a, ByteView b) {
    return std::ranges::equal(a, b);
}

}  // namespace scrimp
