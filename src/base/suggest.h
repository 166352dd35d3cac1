// "Did you mean": the known word a mistyped one is nearest to. Distance is Levenshtein's, capital
// letters counting as small ones; a word more than a third wrong is a different word, and no
// suggestion is better than a silly one.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace scrimp {

/// The candidate nearest to `word`, the first of equals; nothing if none is near. Words of more
/// than 64 bytes are near nothing. The answer borrows from `candidates`.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> candidates);

}  // namespace scrimp
