// A permit: what an operator allows a backend to announce, signed. The backend presents it with its
// announcement; a balancer that has the operator's public key believes it, whoever brings it.
//
//   v1.PAYLOAD.SIGNATURE     both in base64; Ed25519 (RFC 8032) of "scrimplb permit v1." PAYLOAD
//
// The payload is a JSON object: "n" a pattern of node names, "c" networks, "d" patterns of domains,
// "p" ports and ranges, "e" Unix seconds at which it ends. All but "n" may be missing: no bound.
// Short keys, because a permit travels in 512 bytes of metadata beside the applications.
//
// A permit is no secret that could be kept: every member hears it. It is worth something only to a
// node of that name, and where it names networks, there; memberlist lets nobody take the name of a
// member that is alive. Whom the operator does not trust with the name gets a permit with networks
// and an end. Revoking one before its end is done by another key.
//
// Cost: some 0.2 ms to verify. Source of the arithmetic: nettle (hogweed).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/network.h"
#include "service/grant.h"

namespace scrimp::service {

using PermitKey = std::array<std::uint8_t, 32>;  ///< Public, or the secret seed of one.

struct Permit {
    std::string node{};               ///< A pattern.
    std::vector<Network> networks{};  ///< Empty: every address.
    Grant grant{};
    std::optional<std::int64_t> expires{};  ///< Unix seconds; none: never.
    friend bool operator==(const Permit&, const Permit&) = default;
};

[[nodiscard]] PermitKey public_key_of(const PermitKey& secret);
/// 44 characters of base64.
[[nodiscard]] std::string permit_key_text(const PermitKey& key);
/// The error is a sentence without its subject, and repeats nothing of the text.
[[nodiscard]] Result<PermitKey> parse_permit_key(std::string_view text);

/// The text that a backend presents. Fails if it would exceed permit_bytes_max.
[[nodiscard]] Result<std::string> sign_permit(const Permit& permit, const PermitKey& secret);
/// What a text says, whoever signed it. The error is a sentence without its subject.
[[nodiscard]] Result<Permit> read_permit(std::string_view text);
/// The same, if one of the keys signed it.
[[nodiscard]] Result<Permit> verify_permit(std::string_view text, std::span<const PermitKey> keys);

}  // namespace scrimp::service
