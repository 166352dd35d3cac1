// CRC-32/IEEE (reflected, polynomial edb88320), as memberlist guards packets and hash/crc32 and
// zlib compute it. Four table look-ups a word; the tables are made at compile time.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace scrimp::wire {

[[nodiscard]] std::uint32_t crc32(ByteView bytes);

}  // namespace scrimp::wire
