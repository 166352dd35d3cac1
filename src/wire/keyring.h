// The keys of gossip encryption and the sealed payload they make: AES-GCM, 128 to 256 bits.
//
//   version (0 or 1) | nonce (12) | ciphertext | tag (16)
//
// Version 1 is sent; version 0 (PKCS#7 padding to 16) is understood. The first key seals, all are
// tried to open. Keys change without a gap in three rounds, each over the whole cluster before the
// next: add the new one, use it, remove the old one. There is no replay protection: who holds a key
// is trusted. People know a key by its fingerprint; the key itself is in no text of ours, and its
// memory is wiped when the last copy of the keyring lets go of it.
// Source: memberlist security.go, keyring.go; docs/protocol.md sections 4 and 12.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace scrimp::wire {

/// Fills its argument with bytes never used before under the same key: the operating system in
/// production, a counter in simulation; never base/random.h.
using NonceSource = std::function<void(std::span<std::byte>)>;

inline constexpr std::size_t nonce_size = 12;
/// What sealing adds to a payload, and the least a sealed payload can have.
inline constexpr std::size_t seal_overhead = 1 + nonce_size + 16;

/// How a payload was sealed: what one needs beside the plain bytes to seal it the same way again.
struct Sealing {
    std::uint8_t version = 1;
    std::array<std::byte, nonce_size> nonce{};
    std::size_t key = 0;  ///< Its place in the keyring.
    friend bool operator==(const Sealing&, const Sealing&) = default;
};

/// What a key is called: the first four bytes of its SHA-256, in hexadecimal. Enough to compare two
/// keyrings by eye; as a test of guesses it is of no use against keys made by chance.
[[nodiscard]] std::string fingerprint_of(ByteView key);

class Keyring {
  public:
    /// More are tried for every packet that is not for us; a rotation needs two.
    static constexpr std::size_t keys_max = 16;

    /// Appends a key; the first one added is the one that seals. Nothing happens if it is there
    /// already. Fails unless it has 16, 24 or 32 bytes, and over keys_max.
    [[nodiscard]] Result<void> add(ByteView key);
    /// From now on this key seals. Fails if it is not there.
    [[nodiscard]] Result<void> use(ByteView key);
    /// Fails if the key is not there, or if it is the one that seals.
    [[nodiscard]] Result<void> remove(ByteView key);

    [[nodiscard]] bool empty() const { return keys_.empty(); }
    [[nodiscard]] std::size_t size() const { return keys_.size(); }
    /// Of each key, the one that seals first.
    [[nodiscard]] std::vector<std::string> fingerprints() const;
    /// The keys themselves, for the file that keeps them and nobody else. Valid as long as this
    /// keyring is not changed.
    [[nodiscard]] std::vector<ByteView> secrets() const;
    /// The same keys in the same order.
    friend bool operator==(const Keyring& a, const Keyring& b);

    /// `associated` is authenticated, not sent. The keyring must not be empty (asserted).
    [[nodiscard]] Bytes seal(ByteView plain, ByteView associated, const NonceSource& nonces) const;
    /// The same, appended to `out`.
    void seal_to(Bytes& out, ByteView plain, ByteView associated, const NonceSource& nonces) const;
    /// The same with everything chosen by the caller; only for what is never sent.
    void seal_as(Bytes& out, ByteView plain, ByteView associated, const Sealing& sealing) const;

    [[nodiscard]] Result<Bytes> open(ByteView sealed, ByteView associated) const;

    struct Opened {
        Bytes plain;
        Sealing sealing;
    };
    [[nodiscard]] Result<Opened> open_sealed(ByteView sealed, ByteView associated) const;

  private:
    struct Key;
    [[nodiscard]] std::size_t place_of(ByteView key) const;  ///< size() if it is not there.

    std::vector<std::shared_ptr<const Key>> keys_;  ///< Immutable, so copies of a keyring share.
};

}  // namespace scrimp::wire
