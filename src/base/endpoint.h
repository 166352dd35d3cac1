// An IP address and port.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace scrimp {

/// IPv4 is held as ::ffff:a.b.c.d, so equality is byte equality whatever form a peer announced.
struct Endpoint {
    std::array<std::uint8_t, 16> ip{};
    std::uint16_t port = 0;

    [[nodiscard]] bool is_ipv4() const;
    /// 0.0.0.0 or ::
    [[nodiscard]] bool is_unspecified() const;
    [[nodiscard]] bool is_loopback() const;

    /// "10.0.0.1", "fd00::7": RFC 5952, no brackets.
    [[nodiscard]] std::string ip_text() const;
    /// "10.0.0.1", "[fd00::7]": as URLs and nginx want it.
    [[nodiscard]] std::string host_text() const;
    /// "10.0.0.1:9999", "[fd00::7]:9999".
    [[nodiscard]] std::string text() const;
    /// 4 bytes for IPv4, else 16, network order.
    [[nodiscard]] Bytes ip_bytes() const;

    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// An IPv4 or IPv6 literal, the latter with or without brackets. No names, no zone, no port.
[[nodiscard]] Result<Endpoint> parse_ip(std::string_view text, std::uint16_t port = 0);
/// "10.0.0.1:9999" or "[fd00::7]:9999"; port 1 to 65535.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);
/// A decimal port, 1 to 65535, nothing around it.
[[nodiscard]] Result<std::uint16_t> parse_port(std::string_view text);
/// 4 or 16 bytes in network order.
[[nodiscard]] Result<Endpoint> endpoint_from_bytes(ByteView ip, std::uint16_t port);

}  // namespace scrimp
