// How a text for nginx says which generation it is: a comment that whoever reads the file finds
// too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace scrimp::proxy {

/// Of the text's fingerprint, what tells generations apart and is short enough for a log line.
inline constexpr std::size_t generation_digits = 16;
inline constexpr std::string_view generation_words = "# Generation ";

/// The generation that a rendered text says it is; empty for a text that does not say.
[[nodiscard]] std::string generation_in_nginx(std::string_view text);

}  // namespace scrimp::proxy
