#include "proxy/sieve.h"

#include "base/assert.h"

namespace scrimp::proxy {

Sieve::Sieve(std::size_t items) : segments_{{0, items}, {0, 0}} {}

std::vector<std::size_t> Sieve::trial() const {
    SCRIMP_ASSERT(!is_done());
    // Segments are tried from left to right, so what is kept stands before them.
    std::vector<std::size_t> items = kept_;
    for (auto i = segments_.back().first; i < segments_.back().second; ++i) items.push_back(i);
    return items;
}

std::optional<std::size_t> Sieve::handle_verdict(bool accepted) {
    if (accepted) {
        kept_ = trial();
        segments_.pop_back();
        return std::nullopt;
    }
    const auto [from, end] = segments_.back();
    segments_.pop_back();
    if (from == end) {
        segments_.clear();
        return std::nullopt;
    }
    if (end - from == 1) return from;
    const std::size_t middle = from + (end - from) / 2;
    segments_.emplace_back(middle, end);
    segments_.emplace_back(from, middle);
    return std::nullopt;
}

}  // namespace scrimp::proxy
