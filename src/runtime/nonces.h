// Randomness from the kernel, getrandom(2): nonces for the cipher, and the seed of the generator
// that picks targets.
#pragma once

#include <cstdint>
#include <span>

#include "wire/keyring.h"

namespace scrimp::runtime {

/// Blocks only before the kernel's pool is first filled, at boot. A kernel that refuses is a broken
/// system on which nothing may be sealed: the process aborts.
void fill_from_kernel(std::span<std::byte> out);

[[nodiscard]] wire::NonceSource kernel_nonces();
[[nodiscard]] std::uint64_t kernel_seed();

}  // namespace scrimp::runtime
