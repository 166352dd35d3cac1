#include "base/network.h"

#include <algorithm>
#include <charconv>

namespace scrimp {

namespace {

constexpr int bits_v4 = 32;
constexpr int bits_v6 = 128;

int bits_of(const Endpoint& address) {
    return address.is_ipv4() ? bits_v4 : bits_v6;
}

/// The address with what follows the prefix cleared.
Endpoint masked(Endpoint address, int prefix) {
    // IPv4 is held in the last four of the sixteen bytes.
    int left = bits_v6 - bits_of(address) + prefix;
    for (std::uint8_t& byte : address.ip) {
        const int kept = std::clamp(left, 0, 8);
        byte = static_cast<std::uint8_t>(byte & (0xff00 >> kept));
        left -= 8;
    }
    address.port = 0;
    return address;
}

}  // namespace

bool Network::contains(const Endpoint& address) const {
    return address.is_ipv4() == base.is_ipv4() && masked(address, prefix) == base;
}

std::string Network::text() const {
    return base.ip_text() + "/" + std::to_string(prefix);
}

Result<Network> parse_network(std::string_view text) {
    const std::string quoted = "'" + std::string(text) + "' ";
    const std::size_t slash = text.find('/');
    const auto address = parse_ip(text.substr(0, slash));
    if (!address || text.starts_with('['))
        return fail(quoted + "is no network; write one as 10.0.0.0/8 or fd00::/8");
    const int bits = bits_of(*address);
    if (slash == std::string_view::npos)
        return fail(quoted + "is an address; as a network of its own it is " + address->ip_text() +
                    "/" + std::to_string(bits));
    const std::string_view length = text.substr(slash + 1);
    int prefix = 0;
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), prefix);
    if (error != std::errc() || end != length.data() + length.size() || prefix < 0 || prefix > bits)
        return fail(quoted + "has no prefix length from 0 to " + std::to_string(bits) +
                    " after the slash");
    const Network network{masked(*address, prefix), prefix};
    if (network.base.ip != address->ip)
        return fail(quoted + "has bits set after its prefix; did you mean " + network.text() + "?");
    return network;
}

bool is_allowed(const Endpoint& address, std::span<const Network> networks) {
    return networks.empty() || std::ranges::any_of(networks, [&](const Network& each) {
               return each.contains(address);
           });
}

}  // namespace scrimp
