#include "runtime/socket_address.h"

#include <algorithm>
#include <array>

namespace scrimp::runtime {

namespace ip = boost::asio::ip;

ip::address address_of(const Endpoint& endpoint) {
    if (!endpoint.is_ipv4()) return ip::address_v6(endpoint.ip);
    std::array<std::uint8_t, 4> four{};
    std::copy(endpoint.ip.end() - 4, endpoint.ip.end(), four.begin());
    return ip::address_v4(four);
}

Endpoint endpoint_of(const ip::address& address, std::uint16_t port) {
    const ip::address_v6 six =
        address.is_v6() ? address.to_v6() : ip::make_address_v6(ip::v4_mapped, address.to_v4());
    return {.ip = six.to_bytes(), .port = port};
}

}  // namespace scrimp::runtime
