// Values as nginx's syntax spells them. They hold no dollar, which nginx cannot escape; where one
// is allowed at all is for those who parse them (service/options.h).
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace scrimp::proxy {

/// Between double quotes.
[[nodiscard]] std::string nginx_quoted(std::string_view text);

/// As part of a regular expression between double quotes: it matches the text and nothing else.
[[nodiscard]] std::string nginx_pattern(std::string_view text);

/// Rounded up to milliseconds: zero would mean something else.
[[nodiscard]] std::string nginx_time(Duration duration);

}  // namespace scrimp::proxy
