// Between the house's Endpoint and the event library's addresses.
#pragma once

#include <boost/asio/ip/address.hpp>

#include "base/endpoint.h"

namespace scrimp::runtime {

/// The IPv4 or IPv6 address of an endpoint.
[[nodiscard]] boost::asio::ip::address address_of(const Endpoint& endpoint);

/// IPv4, mapped or not, becomes the one form an Endpoint has for it; a scope is dropped.
[[nodiscard]] Endpoint endpoint_of(const boost::asio::ip::address& address, std::uint16_t port);

/// The endpoint of a protocol (UDP, TCP) in the family that a socket of `v6` needs: an IPv6 socket
/// reaches IPv4 by the mapped form.
template <class Protocol>
[[nodiscard]] typename Protocol::endpoint socket_endpoint(const Endpoint& endpoint, bool v6) {
    if (v6) return {boost::asio::ip::address_v6(endpoint.ip), endpoint.port};
    return {address_of(endpoint), endpoint.port};
}

}  // namespace scrimp::runtime
