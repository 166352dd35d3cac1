#include "wire/crc32.h"

#include <gtest/gtest.h>

namespace scrimp::wire {
namespace {

TEST(Crc32, has_the_check_value_of_the_catalogue) {
    EXPECT_EQ(crc32(view_of("123456789")), 0xcbf43926u);
    EXPECT_EQ(crc32({}), 0u);
}

TEST(Crc32, agrees_with_the_definition_bit_by_bit_at_every_length) {
    Bytes bytes;
    for (std::size_t size = 0; size < 40; ++size) {
        std::uint32_t slow = 0xffff'ffff;
        for (const std::byte byte : bytes) {
            slow ^= std::to_integer<std::uint32_t>(byte);
            for (int bit = 0; bit < 8; ++bit) slow = slow >> 1 ^ (slow & 1) * 0xedb8'8320u;
        }
        EXPECT_EQ(crc32(bytes), ~slow) << size;
        bytes.push_back(static_cast<std::byte>(size * 37 + 1));
    }
}

}  // namespace
}  // namespace scrimp::wire
