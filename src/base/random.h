// Seeded chance for choices that need no secrecy: probe targets, jitter, simulated loss. It is
// xoshiro256** (Blackman and Vigna, 2018) seeded by splitmix64, and its own distributions, because
// those of the standard library differ between implementations and a seed must mean the same
// everywhere. Cipher nonces never come from here: see wire/keyring.h, NonceSource.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "base/time.h"

namespace scrimp {

class Random {
  public:
    explicit Random(std::uint64_t seed);

    [[nodiscard]] std::uint64_t next();
    /// Uniform in [0, bound); bound must not be 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);
    /// Uniform in [0, 1).
    [[nodiscard]] double unit();
    [[nodiscard]] bool chance(double probability);
    /// Uniform in [0, bound); zero if bound is not positive.
    [[nodiscard]] Duration below(Duration bound);

    template <class T>
    void shuffle(std::span<T> items) {
        for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
    }

  private:
    std::array<std::uint64_t, 4> state_;
};

}  // namespace scrimp
