#include "runtime/nonces.h"

#include <sys/random.h>

#include <cerrno>

#include "base/assert.h"

namespace scrimp::runtime {

void fill_from_kernel(std::span<std::byte> out) {
    while (!out.empty()) {
        const ssize_t got = getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        SCRIMP_ASSERT(got > 0);
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

wire::NonceSource kernel_nonces() {
    return [](std::span<std::byte> out) { fill_from_kernel(out); };
}

std::uint64_t kernel_seed() {
    std::uint64_t seed = 0;
    fill_from_kernel(std::as_writable_bytes(std::span(&seed, 1)));
    return seed;
}

}  // namespace scrimp::runtime
