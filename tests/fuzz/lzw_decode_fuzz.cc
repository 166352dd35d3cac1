// Compressed bytes of anybody: never more than the cap, and what came out goes round again.
#include "fuzz.h"
#include "wire/lzw.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace scrimp;
    constexpr std::size_t output_bytes_max = 1 << 16;
    const auto plain = wire::lzw_decode(fuzz::view(data, size), output_bytes_max);
    if (!plain) return 0;
    SCRIMP_ASSERT(plain->size() <= output_bytes_max);
    SCRIMP_ASSERT(wire::lzw_decode(wire::lzw_encode(*plain), plain->size()) == *plain);
    return 0;
}
