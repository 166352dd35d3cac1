// Text from outside, made safe for a log line, a terminal or a comment in somebody's file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace scrimp {

/// Printable ASCII as it is, a backslash doubled, every other byte as \xNN: one to one, so two
/// texts that differ still differ. What would exceed `chars_max` is cut between characters and ends
/// in
/// "...", which counts.
[[nodiscard]] std::string printable(std::string_view text, std::size_t chars_max);

}  // namespace scrimp
