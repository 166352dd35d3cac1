#include "wire/lzw.h"

#include <gtest/gtest.h>

namespace scrimp::wire {
namespace {

constexpr unsigned clear_code = 256;
constexpr unsigned end_code = 257;

/// Codes as a hostile peer may choose them, each with its width.
Bytes pack(const std::vector<std::pair<unsigned, unsigned>>& codes) {
    Bytes out;
    std::uint64_t bits = 0;
    unsigned held = 0;
    for (const auto& [code, width] : codes) {
        bits |= std::uint64_t{code} << held;
        for (held += width; held >= 8; held -= 8, bits >>= 8)
            append_u8(out, static_cast<std::uint8_t>(bits));
    }
    if (held > 0) append_u8(out, static_cast<std::uint8_t>(bits));
    return out;
}

/// Repeats the newest code for ever: the densest there is. No clear, no end.
Bytes bomb(std::size_t codes) {
    std::vector<std::pair<unsigned, unsigned>> list{{clear_code, 9}, {0, 9}};
    unsigned next = 258;
    unsigned width = 9;
    for (std::size_t i = 0; i < codes; ++i) {
        list.emplace_back(std::min(next, 4095u), width);
        if (next < 4096) ++next;
        if (next == 1u << width && width < 12) ++width;
    }
    list.emplace_back(end_code, width);
    return pack(list);
}

TEST(Lzw, refuses_data_without_an_end_code) {
    EXPECT_EQ(lzw_decode({}, 100).error(), LzwError::NoEnd);
    EXPECT_EQ(lzw_decode(pack({{clear_code, 9}, {'a', 9}}), 100).error(), LzwError::NoEnd);
}

TEST(Lzw, refuses_a_code_that_does_not_exist_yet) {
    EXPECT_EQ(lzw_decode(pack({{clear_code, 9}, {258, 9}}), 100).error(), LzwError::InvalidCode);
    EXPECT_EQ(lzw_decode(pack({{clear_code, 9}, {'a', 9}, {259, 9}}), 100).error(),
              LzwError::InvalidCode);
}

TEST(Lzw, reads_a_code_in_the_moment_it_comes_to_be) {
    EXPECT_EQ(lzw_decode(pack({{clear_code, 9}, {'a', 9}, {258, 9}, {end_code, 9}}), 100),
              to_bytes("aaa"));
}

TEST(Lzw, forgets_its_table_at_a_clear) {
    EXPECT_EQ(
        lzw_decode(pack({{clear_code, 9}, {'a', 9}, {'b', 9}, {clear_code, 9}, {258, 9}}), 100)
            .error(),
        LzwError::InvalidCode);
}

TEST(Lzw, needs_no_clear_at_the_start_and_ignores_what_follows_the_end) {
    Bytes bytes = pack({{'a', 9}, {end_code, 9}});
    append_u8(bytes, 0xff);
    EXPECT_EQ(lzw_decode(bytes, 100), to_bytes("a"));
}

TEST(Lzw, freezes_a_full_table_until_a_clear) {
    // 3,838 codes fill the table, more of them add nothing but their expansion.
    const auto plain = lzw_decode(bomb(6000), std::size_t{40} << 20);
    ASSERT_TRUE(plain);
    std::size_t expected = 1;
    for (std::size_t i = 0, length = 2; i < 6000;
         ++i, length = std::min<std::size_t>(length + 1, 3839))
        expected += length;
    EXPECT_EQ(plain->size(), expected);
}

TEST(Lzw, stops_at_the_output_limit) {
    EXPECT_EQ(lzw_decode(bomb(6000), 1 << 20).error(), LzwError::TooLarge);
    EXPECT_EQ(lzw_decode(lzw_encode(Bytes(1000)), 999).error(), LzwError::TooLarge);
    EXPECT_EQ(lzw_decode(lzw_encode(Bytes(1000)), 1000), Bytes(1000));
}

TEST(Lzw, gives_up_encoding_where_the_result_would_be_too_large) {
    const Bytes plain = to_bytes("abcdefghijklmnopqrstuvwxyz");
    const Bytes compressed = lzw_encode(plain);
    EXPECT_EQ(lzw_encode_within(plain, compressed.size()), compressed);
    EXPECT_FALSE(lzw_encode_within(plain, compressed.size() - 1));
}

}  // namespace
}  // namespace scrimp::wire
