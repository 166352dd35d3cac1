// Any bytes compressed come back, and a limit on the output refuses exactly what exceeds it. The
// input is repeated, so that short ones reach full tables too.
#include "fuzz.h"
#include "wire/lzw.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace scrimp;
    if (size == 0) return 0;
    Bytes plain;
    const std::size_t times = 1 + data[0] % 8;
    for (std::size_t i = 0; i < times; ++i) append(plain, fuzz::view(data, size));
    const Bytes compressed = wire::lzw_encode(plain);
    SCRIMP_ASSERT(wire::lzw_decode(compressed, plain.size()) == plain);
    SCRIMP_ASSERT(wire::lzw_decode(compressed, plain.size() - 1).error() ==
                  wire::LzwError::TooLarge);
    SCRIMP_ASSERT(wire::lzw_encode_within(plain, compressed.size()) == compressed);
    SCRIMP_ASSERT(!wire::lzw_encode_within(plain, compressed.size() - 1));
    return 0;
}
