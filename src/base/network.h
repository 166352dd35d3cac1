// A network of IP addresses: "10.0.0.0/8", "fd00::/8".
#pragma once

#include <compare>
#include <span>
#include <string>
#include <string_view>

#include "base/endpoint.h"

namespace scrimp {

struct Network {
    Endpoint base;   ///< Port 0, and no bit set after the prefix.
    int prefix = 0;  ///< Bits, of 32 if the base is IPv4, else of 128.

    /// Ports make no difference. An IPv6 network holds no IPv4 address, ::/0 neither.
    [[nodiscard]] bool contains(const Endpoint& address) const;
    [[nodiscard]] std::string text() const;
    friend auto operator<=>(const Network&, const Network&) = default;
};

/// CIDR notation. Refused in words: an address alone, a prefix too long, bits set after the prefix.
[[nodiscard]] Result<Network> parse_network(std::string_view text);

/// Whether some network holds the address; no networks at all stand for every address.
[[nodiscard]] bool is_allowed(const Endpoint& address, std::span<const Network> networks);

}  // namespace scrimp
