// A planted fault that the fuzzer must find: a compound splitter that believes the lengths it
// reads. A run that misses it says nothing about the other targets.
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4 || data[0] != 7 || data[1] != 1) return 0;
    const std::size_t length = std::size_t{data[2]} << 8 | data[3];
    unsigned sum = 0;
    for (std::size_t i = 0; i < length; ++i) sum += data[4 + i];
    return sum == 0xffff'ffff ? 1 : 0;
}
