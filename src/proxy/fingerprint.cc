#include "proxy/fingerprint.h"

#include <nettle/sha2.h>

#include <array>

namespace scrimp::proxy {

std::string fingerprint(std::string_view text) {
    sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
    std::array<std::uint8_t, 16> bytes;
    sha256_digest(&context, bytes.size(), bytes.data());
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (const std::uint8_t byte : bytes) {
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

}  // namespace scrimp::proxy
