#include "base/suggest.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/ascii.h"

namespace scrimp {
namespace {

/// Keys and names of ours have at most some 30 letters; what is longer is not a slip of the hand.
constexpr std::size_t word_bytes_max = 64;

/// One row of the matrix is kept: row[j] is the distance of what was read of `a` to b[0, j).
std::size_t distance(std::string_view a, std::string_view b) {
    std::array<std::size_t, word_bytes_max + 1> row{};
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates) {
    if (word.empty() || word.size() > word_bytes_max) return std::nullopt;
    // Two letters swapped count as two changes, so even a short word is granted two.
    std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
    std::optional<std::string_view> found;
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > word_bytes_max) continue;
        const std::size_t away = distance(word, candidate);
        // Nothing left of either word is no likeness: "s3" is not a slip of "tls".
        if (away >= best || away >= std::max(word.size(), candidate.size())) continue;
        best = away;
        found = candidate;
    }
    return found;
}

}  // namespace scrimp
