#include "wire/keyring.h"

#include <gtest/gtest.h>

namespace scrimp::wire {
namespace {

const NonceSource zeros = [](std::span<std::byte> nonce) {
    std::ranges::fill(nonce, std::byte{0});
};

Bytes key(std::size_t size, std::uint8_t fill) {
    return Bytes(size, std::byte{fill});
}

Keyring keyring_of(std::initializer_list<Bytes> keys) {
    Keyring ring;
    for (const Bytes& each : keys) EXPECT_TRUE(ring.add(each));
    return ring;
}

// NIST's GCM test case 2 and 14 (all zero), which no implementation of ours made.
TEST(Keyring, seals_as_the_published_vectors_say) {
    const Bytes zero_block(16);
    EXPECT_EQ(to_hex(keyring_of({key(16, 0)}).seal(zero_block, {}, zeros)),
              "01000000000000000000000000"
              "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
    EXPECT_EQ(to_hex(keyring_of({key(32, 0)}).seal(zero_block, {}, zeros)),
              "01000000000000000000000000"
              "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST(Keyring, takes_keys_of_three_sizes_only) {
    Keyring ring;
    EXPECT_FALSE(ring.add(key(0, 0)));
    EXPECT_FALSE(ring.add(key(15, 0)));
    EXPECT_FALSE(ring.add(key(33, 0)));
    EXPECT_TRUE(ring.empty());
    EXPECT_TRUE(ring.add(key(24, 0)));
    EXPECT_FALSE(ring.empty());
}

TEST(Keyring, seals_with_the_first_key_and_opens_with_any) {
    const Bytes plain = to_bytes("hello");
    const Bytes old_sealed = keyring_of({key(16, 1)}).seal(plain, {}, zeros);
    const Keyring both = keyring_of({key(32, 2), key(16, 1)});
    EXPECT_EQ(both.open(old_sealed, {}), plain);
    EXPECT_EQ(keyring_of({key(32, 2)}).open(both.seal(plain, {}, zeros), {}), plain);
    EXPECT_EQ(both.open_sealed(old_sealed, {})->sealing.key, 1u);
}

TEST(Keyring, refuses_other_keys_other_associated_data_and_any_changed_bit) {
    const Keyring ring = keyring_of({key(16, 1)});
    const Bytes sealed = ring.seal(to_bytes("hello"), view_of("prod"), zeros);
    EXPECT_TRUE(ring.open(sealed, view_of("prod")));
    EXPECT_FALSE(ring.open(sealed, view_of("test")));
    EXPECT_FALSE(keyring_of({key(16, 2)}).open(sealed, view_of("prod")));
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        Bytes changed = sealed;
        changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        EXPECT_FALSE(ring.open(changed, view_of("prod"))) << bit;
    }
}

TEST(Keyring, refuses_what_is_cut_off_anywhere) {
    const Keyring ring = keyring_of({key(16, 1)});
    const Bytes sealed = ring.seal(to_bytes("hello"), {}, zeros);
    for (std::size_t size = 0; size < sealed.size(); ++size)
        EXPECT_FALSE(ring.open(ByteView(sealed).first(size), {})) << size;
}

TEST(Keyring, refuses_padding_that_is_none_though_the_seal_is_good) {
    // Version 0 made of a version 1 payload: the version byte is not authenticated.
    const Keyring ring = keyring_of({key(16, 1)});
    for (const char* plain : {"", "ending in a letter", "\x05"}) {
        Bytes sealed = ring.seal(to_bytes(plain), {}, zeros);
        sealed[0] = std::byte{0};
        EXPECT_FALSE(ring.open(sealed, {})) << plain;
    }
}

TEST(Keyring, seals_nothing_too) {
    const Keyring ring = keyring_of({key(16, 1)});
    const Bytes sealed = ring.seal({}, {}, zeros);
    EXPECT_EQ(sealed.size(), seal_overhead);
    EXPECT_EQ(ring.open(sealed, {}), Bytes{});
}

}  // namespace
}  // namespace scrimp::wire
