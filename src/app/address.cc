#include "app/address.h"

#include <algorithm>

#include "providers/providers.h"

namespace scrimp::app {

namespace {

/// RFC 1918.
bool is_private_ipv4(const Endpoint& address) {
    if (!address.is_ipv4()) return false;
    const std::uint8_t a = address.ip[12];
    const std::uint8_t b = address.ip[13];
    return a == 10 || (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168);
}

int rank(const providers::InterfaceAddress& candidate) {
    if (is_private_ipv4(candidate.address)) return 0;
    return candidate.address.is_ipv4() ? 1 : 2;
}

}  // namespace

std::optional<OwnAddress> stated_address(const Config& config, std::uint16_t port) {
    if (config.advertise) {
        const std::uint16_t given = config.advertise->port;
        const Endpoint endpoint{.ip = config.advertise->ip, .port = given != 0 ? given : port};
        return OwnAddress{endpoint, "advertise-address"};
    }
    if (!config.bind.is_unspecified()) {
        return OwnAddress{{.ip = config.bind.ip, .port = port}, "bind-address"};
    }
    return std::nullopt;
}

Result<OwnAddress> interface_address(std::uint16_t port) {
    Result<std::vector<providers::InterfaceAddress>> all = providers::enumerate_network();
    if (!all) return tl::unexpected(all.error());
    std::erase_if(*all, [](const auto& found) { return !found.up || !found.global; });
    const auto best = std::ranges::min_element(*all, {}, rank);
    if (best == all->end()) {
        return OwnAddress{*parse_ip("127.0.0.1", port), "no other address found", true};
    }
    return OwnAddress{{.ip = best->address.ip, .port = port}, "interface " + best->interface};
}

}  // namespace scrimp::app
