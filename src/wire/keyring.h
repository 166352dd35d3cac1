// The keys of gossip encryption and the sealed payload they make: AES-GCM, 128 to 256 bits.
//
//   version (0 or 1) | nonce (12) | ciphertext | tag (16)
//
// Version 1 is sent; version 0 (PKCS#7 padding to 16) is understood. The first key seals, all are
// tried to open. There is no replay protection: who holds a key is trusted. Rotation (use, remove)
// comes with the keyring commands. Source: memberlist security.go, docs/protocol.md sections 4, 12.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace scrimp::wire {

/// Fills its argument with bytes never used before under the same key: the operating system in
/// production, a counter in simulation; never base/random.h.
using NonceSource = std::function<void(std::span<std::byte>)>;

/// What sealing adds to a payload, and the least a sealed payload can have.
inline constexpr std::size_t seal_overhead = 1 + 12 + 16;

class Keyring {
  public:
    /// The first key added is the one that seals. Fails unless it has 16, 24 or 32 bytes.
    [[nodiscard]] Result<void> add(ByteView key);
    [[nodiscard]] bool empty() const { return keys_.empty(); }

    /// `associated` is authenticated, not sent. The keyring must not be empty (asserted).
    [[nodiscard]] Bytes seal(ByteView plain, ByteView associated, const NonceSource& nonces) const;
    [[nodiscard]] Result<Bytes> open(ByteView sealed, ByteView associated) const;

  private:
    std::vector<Bytes> keys_;
};

}  // namespace scrimp::wire
