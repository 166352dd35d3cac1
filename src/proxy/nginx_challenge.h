// Answers to ACME challenges (docs/acme.md) come from the daemon, by its challenge socket: what it
// does not hold goes on as if there were no such location, so that an application with an ACME
// client of its own keeps its challenges.
#pragma once

#include <string>
#include <string_view>

#include "proxy/text.h"

namespace scrimp::proxy {

/// RFC 8555, 8.3.
inline constexpr std::string_view challenge_path = "/.well-known/acme-challenge/";
/// Where a request goes of which the daemon knows nothing.
inline constexpr std::string_view not_ours_location = "@scrimp_not_ours";

/// Within a server that has not_ours_location too. `socket`: letters and /._-+@,=~ only.
void write_challenges(Text& text, std::string_view socket);

}  // namespace scrimp::proxy
