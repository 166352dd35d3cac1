// Base64 (RFC 4648, with padding), which etcd's gateway writes keys and values in.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace scrimp::helpers {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Fails on anything but whole groups of the alphabet; white space is skipped.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);

}  // namespace scrimp::helpers
