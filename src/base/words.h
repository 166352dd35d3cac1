// Counts and times as a person reads them in a log line.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace scrimp {

/// "1 route", "2 routes".
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);

/// "a, b, c", or "a, b and 7 more" when there are more than `most`: a list for a sentence, whose
/// reader looks elsewhere for all of them.
template <class Words>
[[nodiscard]] std::string shortened_list(const Words& words, std::size_t most = 20) {
    std::string text;
    for (std::size_t told = 0; const auto& word : words) {
        if (told == most) break;
        text.append(told++ == 0 ? "" : ", ").append(word);
    }
    if (words.size() > most) text += " and " + std::to_string(words.size() - most) + " more";
    return text;
}

/// In the largest unit that leaves a number above one, cut: "850 ms", "20 s", "3 min", "50 h".
[[nodiscard]] std::string rough_text(Duration duration);

}  // namespace scrimp
