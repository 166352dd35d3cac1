// The keys of gossip encryption and the sealed payload they make: AES-GCM, 128 to 256 bits.
//
//   version (0 or 1) | nonce (12) | ciphertext | tag (16)
//
// Version 1 is sent; version 0 (PKCS#7 padding to 16) is understood. The first key seals, all are
// tried to open. There is no replay protection: who holds a key is trusted. Rotation (use, remove)
// comes with the keyring commands. Source: memberlist security.go, docs/protocol.md sections 4, 12.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
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

class Keyring {
  public:
    /// The first key added is the one that seals. Fails unless it has 16, 24 or 32 bytes.
    [[nodiscard]] Result<void> add(ByteView key);
    [[nodiscard]] bool empty() const { return keys_.empty(); }

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
    std::vector<std::shared_ptr<const Key>> keys_;  ///< Immutable, so copies of a keyring share.
};

}  // namespace scrimp::wire
