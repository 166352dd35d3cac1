// What differs between two texts, line by line, as `diff -u` prints it.
//
// Myers, "An O(ND) Difference Algorithm", 1986: cost grows with the number of lines that differ,
// which between generations is small. It is bounded: of texts that differ more only their numbers
// of lines are told.
#pragma once

#include <string>
#include <string_view>

namespace scrimp::proxy {

/// Lines put in and taken out, in all, that are looked for: a megabyte of memory.
inline constexpr int line_changes_max = 500;

/// Empty if the texts are equal. The names stand in the heading.
[[nodiscard]] std::string line_diff(std::string_view old_name, std::string_view old_text,
                                    std::string_view new_name, std::string_view new_text);

}  // namespace scrimp::proxy
