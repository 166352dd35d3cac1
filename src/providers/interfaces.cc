// The kernel's list of addresses, in its order.
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "providers/addresses.h"

namespace scrimp::providers {
namespace {

Result<Endpoint> address_in(const sockaddr& socket_address) {
    if (socket_address.sa_family == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, &socket_address, sizeof four);
        return endpoint_from_bytes(std::as_bytes(std::span(&four.sin_addr, 1)), 0);
    }
    if (socket_address.sa_family == AF_INET6) {
        sockaddr_in6 six{};
        std::memcpy(&six, &socket_address, sizeof six);
        return endpoint_from_bytes(std::as_bytes(std::span(&six.sin6_addr, 1)), 0);
    }
    return fail("not an IP address");
}

}  // namespace

Result<std::vector<InterfaceAddress>> enumerate_network() {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) {
        return fail("cannot list the network interfaces: " +
                    std::error_code(errno, std::generic_category()).message());
    }
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
    std::vector<InterfaceAddress> found;
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr) continue;
        const auto address = address_in(*entry->ifa_addr);
        if (!address) continue;
        found.push_back({.interface = entry->ifa_name,
                         .address = *address,
                         .up = (entry->ifa_flags & IFF_UP) != 0,
                         .loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0,
                         .global = is_global(*address)});
    }
    return found;
}

}  // namespace scrimp::providers
