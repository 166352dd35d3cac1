// Names a text, so that texts need not be kept to be compared.
#pragma once

#include <string>
#include <string_view>

namespace scrimp::proxy {

/// The first 16 bytes of SHA-256 in 32 hexadecimal digits. What stands in a configuration is what
/// peers announce, so it must be hard to find a second text of the same fingerprint.
[[nodiscard]] std::string fingerprint(std::string_view text);

}  // namespace scrimp::proxy
