// Letters of ASCII in small, whatever the locale says: keys, words and names match so.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace scrimp {

[[nodiscard]] constexpr char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

[[nodiscard]] inline std::string lower(std::string_view text) {
    std::string small(text);
    for (char& letter : small) letter = lower(letter);
    return small;
}

[[nodiscard]] inline bool equal_but_for_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace scrimp
