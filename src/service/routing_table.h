// What the proxy is to do: which applications there are, and who of their backends gets traffic.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "service/application.h"

namespace scrimp::service {

/// What HAProxy takes, the least of the proxies.
inline constexpr std::uint16_t weight_max = 256;
/// Of whoever has all of its weight, while no canary has the weights scaled.
inline constexpr std::uint16_t weight_usual = 100;

struct Upstream {
    std::string member_name;  ///< Escaped where it is not printable ASCII (base/printable.h).
    Endpoint endpoint;        ///< The member's address with the application's port.
    /// Its share beside the others', 1 to weight_max: newcomers may have less at first.
    std::uint16_t weight = weight_usual;
    friend auto operator<=>(const Upstream&, const Upstream&) = default;
};

struct Route {
    Application application;
    std::vector<Upstream> upstreams;  ///< Who gets traffic: sorted, unique, at least one.
    friend auto operator<=>(const Route&, const Route&) = default;
};

/// Sorted throughout, so equal tables render to equal bytes.
struct RoutingTable {
    std::uint64_t revision = 0;  ///< Grows with each change.
    std::vector<Route> routes;
};

}  // namespace scrimp::service
