#include "base/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace scrimp {

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// Longer than any literal; a C string is needed below, and input is not one.
constexpr std::size_t literal_chars_max = 63;

}  // namespace

bool Endpoint::is_ipv4() const {
    return std::equal(mapped_prefix.begin(), mapped_prefix.end(), ip.begin());
}

bool Endpoint::is_unspecified() const {
    const auto start = is_ipv4() ? ip.begin() + mapped_prefix.size() : ip.begin();
    return std::all_of(start, ip.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool Endpoint::is_loopback() const {
    if (is_ipv4()) return ip[12] == 127;
    return ip[15] == 1 && std::all_of(ip.begin(), ip.end() - 1, [](auto b) { return b == 0; });
}

std::string Endpoint::ip_text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (is_ipv4()) {
        inet_ntop(AF_INET, ip.data() + mapped_prefix.size(), text.data(), text.size());
    } else {
        inet_ntop(AF_INET6, ip.data(), text.data(), text.size());
    }
    return text.data();
}

std::string Endpoint::host_text() const {
    return is_ipv4() ? ip_text() : "[" + ip_text() + "]";
}

std::string Endpoint::text() const {
    return host_text() + ":" + std::to_string(port);
}

Bytes Endpoint::ip_bytes() const {
    const ByteView all = std::as_bytes(std::span(ip));
    return to_bytes(is_ipv4() ? all.subspan(mapped_prefix.size()) : all);
}

Result<Endpoint> parse_ip(std::string_view text, std::uint16_t port) {
    std::string_view bare = text;
    if (bare.size() >= 2 && bare.front() == '[' && bare.back() == ']') {
        bare = bare.substr(1, bare.size() - 2);
    }
    const bool bracketed = bare.size() != text.size();
    Endpoint endpoint{.port = port};
    const bool has_nul = bare.find('\0') != std::string_view::npos;
    if (bare.size() <= literal_chars_max && !has_nul) {
        const std::string literal(bare);
        if (!bracketed) {
            std::array<std::uint8_t, 4> four{};
            if (inet_pton(AF_INET, literal.c_str(), four.data()) == 1) {
                return endpoint_from_bytes(std::as_bytes(std::span(four)), port);
            }
        }
        if (inet_pton(AF_INET6, literal.c_str(), endpoint.ip.data()) == 1) return endpoint;
    }
    return fail("'" + std::string(text.substr(0, literal_chars_max)) + "' is not an IP address");
}

Result<Endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return fail("'" + std::string(text.substr(0, literal_chars_max)) +
                    "' has no port; write ADDRESS:PORT, an IPv6 address in brackets");
    }
    const std::string_view host = text.substr(0, colon);
    if (host.find(':') != std::string_view::npos && !host.starts_with('[')) {
        return fail("'" + std::string(text.substr(0, literal_chars_max)) +
                    "' is ambiguous; write the IPv6 address in brackets");
    }
    const Result<std::uint16_t> port = parse_port(text.substr(colon + 1));
    if (!port) return tl::unexpected(port.error());
    return parse_ip(host, *port);
}

Result<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
        return fail("'" + std::string(text.substr(0, literal_chars_max)) +
                    "' is not a port from 1 to 65535");
    }
    return port;
}

Result<Endpoint> endpoint_from_bytes(ByteView ip, std::uint16_t port) {
    Endpoint endpoint{.port = port};
    if (ip.size() == 4) {
        std::ranges::copy(mapped_prefix, endpoint.ip.begin());
    } else if (ip.size() != endpoint.ip.size()) {
        return fail("an address has 4 or 16 bytes, not " + std::to_string(ip.size()));
    }
    std::ranges::transform(ip, endpoint.ip.end() - static_cast<std::ptrdiff_t>(ip.size()),
                           [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
    return endpoint;
}

}  // namespace scrimp
