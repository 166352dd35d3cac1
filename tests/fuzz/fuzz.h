// What every fuzz target shares: its entry point, which libFuzzer calls with made-up inputs and
// replay_main.cc with those of the corpus. A target checks properties with SCRIMP_ASSERT; the
// sanitizers check the rest.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace scrimp::fuzz {

inline ByteView view(const std::uint8_t* data, std::size_t size) {
    return std::as_bytes(std::span(data, size));
}

}  // namespace scrimp::fuzz
