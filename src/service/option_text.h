// The texts within an application's options, each held against a grammar in which nothing can end a
// word, a string or a line of any proxy's configuration, nor be taken for a variable of it.
//
// A generator quotes them all the same (spaces and semicolons are allowed where HTTP has them). The
// fault of a text comes back as a sentence without its key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "service/options.h"

namespace scrimp::service {

/// An absolute path of [A-Za-z0-9._~/-] without `//`, `/./` and `/../`, at most 200 characters.
[[nodiscard]] Result<std::string> parse_path(std::string_view text);

/// A path as above, or http:// or https:// and a host and a path with a query: what a Location
/// header may say. At most 500 characters.
[[nodiscard]] Result<std::string> parse_redirect_target(std::string_view text);

/// A cookie's name: letters, digits, '_' and '-', at most 64.
[[nodiscard]] Result<std::string> parse_cookie_name(std::string_view text);

/// A canary's label: letters, digits, '.', '_' and '-', at most 63.
[[nodiscard]] Result<std::string> parse_label(std::string_view text);

/// A header's name, letters, digits and '-', at most 64, in small letters; not one on which the
/// framing of a message or the trust in it hangs.
[[nodiscard]] Result<std::string> parse_header_name(std::string_view text);

/// At most 500 printable ASCII characters without `"`, `\`, `$`, `%`, `{`, `}` and `` ` ``, no
/// space at either end. Not empty: that would stand for a header that is removed.
[[nodiscard]] Result<std::string> parse_header_value(std::string_view text);

/// "user:hash", the hash as crypt(3) or Apache writes it: $1$, $2a$, $2b$, $2y$, $5$, $6$, $apr1$.
[[nodiscard]] Result<Credential> parse_credential(std::string_view text);

/// Bytes: "0", "500", "64k", "10m", "2g"; at most a terabyte.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);
/// What parse_bytes() reads back, in the largest unit that divides it.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

/// What parse_duration() reads back, of whole milliseconds: "1500ms", "60s".
[[nodiscard]] std::string milliseconds_text(Duration duration);

}  // namespace scrimp::service
