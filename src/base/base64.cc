#include "base/base64.h"

#include <cstdint>

#include <nettle/base64.h>

#include "base/assert.h"

namespace scrimp {

std::string base64_encode(std::string_view bytes) {
    return base64_encode(view_of(bytes));
}

std::string base64_encode(ByteView bytes) {
    std::string text(BASE64_ENCODE_RAW_LENGTH(bytes.size()), '\0');
    base64_encode_raw(text.data(), bytes.size(),
                      reinterpret_cast<const std::uint8_t*>(bytes.data()));
    return text;
}

Result<std::string> base64_decode(std::string_view text) {
    std::string bytes(base64_decoded_max(text.size()), '\0');
    const auto size = base64_decode(text, std::as_writable_bytes(std::span(bytes)));
    if (!size) return tl::unexpected(size.error());
    bytes.resize(*size);
    return bytes;
}

Result<std::size_t> base64_decode(std::string_view text, std::span<std::byte> room) {
    SCRIMP_ASSERT(room.size() >= BASE64_DECODE_LENGTH(text.size()));
    base64_decode_ctx context;
    base64_decode_init(&context);
    std::size_t size = room.size();
    if (base64_decode_update(&context, &size, reinterpret_cast<std::uint8_t*>(room.data()),
                             text.size(), text.data()) == 0 ||
        base64_decode_final(&context) == 0) {
        return fail("not base64");
    }
    return size;
}

}  // namespace scrimp
