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

// memberlist's TestKeyRing_EditOps, and what it leaves open.
TEST(Keyring, installs_uses_and_removes_as_memberlist_does) {
    Keyring ring;
    EXPECT_FALSE(ring.use(key(16, 1)));
    EXPECT_TRUE(ring.add(key(16, 1)));
    EXPECT_TRUE(ring.add(key(24, 2)));
    EXPECT_TRUE(ring.add(key(16, 1))) << "there already";
    EXPECT_EQ(ring.size(), 2u);
    EXPECT_EQ(ring.remove(key(16, 1)).error().message,
              "key cc8cd41c is the one that seals; use another one first");
    EXPECT_TRUE(ring.use(key(24, 2)));
    EXPECT_TRUE(ring.remove(key(16, 1)));
    EXPECT_EQ(ring.remove(key(16, 1)).error().message, "key cc8cd41c is not installed");
    EXPECT_EQ(ring.size(), 1u);
    EXPECT_EQ(ring.fingerprints(), std::vector{fingerprint_of(key(24, 2))});
}

TEST(Keyring, using_a_key_leaves_the_order_of_the_others) {
    Keyring ring = keyring_of({key(16, 1), key(16, 2), key(16, 3)});
    const Keyring before = ring;
    EXPECT_TRUE(ring.use(key(16, 3)));
    EXPECT_EQ(ring, keyring_of({key(16, 3), key(16, 1), key(16, 2)}));
    EXPECT_EQ(before, keyring_of({key(16, 1), key(16, 2), key(16, 3)})) << "copies are apart";
    EXPECT_FALSE(ring == before);
}

TEST(Keyring, holds_a_bounded_number_of_keys) {
    Keyring ring;
    for (std::uint8_t i = 0; i < Keyring::keys_max; ++i) EXPECT_TRUE(ring.add(key(16, i)));
    EXPECT_EQ(ring.add(key(32, 1)).error().message, "a keyring has at most 16 keys");
    EXPECT_TRUE(ring.add(key(16, 1))) << "there already";
}

// As sha256sum(1) says it of the raw key.
TEST(Keyring, names_keys_by_a_fingerprint) {
    EXPECT_EQ(fingerprint_of(to_bytes("0123456789abcdef")), "9f9f5111");
}

// The whole way of keys through a running cluster: no two members ever fail to understand.
TEST(Keyring, every_step_of_a_rotation_understands_the_steps_beside_it) {
    const Bytes old_key = key(16, 1);
    const Bytes new_key = key(32, 2);
    std::vector<Keyring> steps{keyring_of({old_key})};
    const auto next = [&](auto&& change) {
        steps.push_back(steps.back());
        ASSERT_TRUE(change(steps.back()));
    };
    next([&](Keyring& ring) { return ring.add(new_key); });
    next([&](Keyring& ring) { return ring.use(new_key); });
    next([&](Keyring& ring) { return ring.remove(old_key); });
    const Bytes plain = to_bytes("hello");
    for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
        EXPECT_EQ(steps[i].open(steps[i + 1].seal(plain, {}, zeros), {}), plain) << i;
        EXPECT_EQ(steps[i + 1].open(steps[i].seal(plain, {}, zeros), {}), plain) << i;
    }
    EXPECT_FALSE(steps.front().open(steps.back().seal(plain, {}, zeros), {}));
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
