#include "base/printable.h"

namespace scrimp {

std::string printable(std::string_view text, std::size_t chars_max) {
    constexpr std::string_view ellipsis = "...";
    constexpr std::string_view digits = "0123456789abcdef";
    const std::size_t cut_at = chars_max < ellipsis.size() ? 0 : chars_max - ellipsis.size();
    std::string safe;
    std::size_t cut = 0;  // the longest whole prefix that leaves room for the ellipsis
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (letter == '\\') {
            safe += "\\\\";
        } else if (byte >= 0x20 && byte < 0x7f) {
            safe += letter;
        } else {
            safe += "\\x";
            safe += digits[byte >> 4];
            safe += digits[byte & 0x0f];
        }
        if (safe.size() <= cut_at) cut = safe.size();
        if (safe.size() > chars_max) return safe.substr(0, cut).append(ellipsis);
    }
    return safe;
}

}  // namespace scrimp
