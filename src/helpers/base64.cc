#include "helpers/base64.h"

#include <nettle/base64.h>

#include <cstdint>

namespace scrimp::helpers {

std::string base64_encode(std::string_view bytes) {
    std::string text(BASE64_ENCODE_RAW_LENGTH(bytes.size()), '\0');
    base64_encode_raw(text.data(), bytes.size(),
                      reinterpret_cast<const std::uint8_t*>(bytes.data()));
    return text;
}

Result<std::string> base64_decode(std::string_view text) {
    base64_decode_ctx context;
    base64_decode_init(&context);
    std::string bytes(BASE64_DECODE_LENGTH(text.size()), '\0');
    std::size_t decoded = bytes.size();
    if (base64_decode_update(&context, &decoded, reinterpret_cast<std::uint8_t*>(bytes.data()),
                             text.size(), text.data()) == 0 ||
        base64_decode_final(&context) == 0) {
        return fail("not base64");
    }
    bytes.resize(decoded);
    return bytes;
}

}  // namespace scrimp::helpers
