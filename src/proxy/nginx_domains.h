// Which domains share the server of their port, and which get one of their own.
//
// A plain application costs a line in its port's map. One that asks for more needs locations with
// directives of its own, so its domains get a server (some 95 kB of nginx's memory with TLS):
// domains that are split in the same way between the same applications share it. A domain too long
// for nginx's default hash bucket gets one too. Each name stands in exactly one server of its port,
// so nginx's order of precedence (exact, longest wildcard) holds across all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "service/routing_table.h"

namespace scrimp::proxy {

/// nginx's default hash bucket is one cache line, 64 bytes: a pointer, a length of two bytes with
/// the name, and a closing pointer, padded to eights. Longer names need a larger bucket.
inline constexpr std::size_t domain_bytes_in_default_bucket = 46;

/// A domain and the route it leads to.
using NginxLead = std::pair<const service::Domain*, std::size_t>;
using NginxLeads = std::vector<NginxLead>;

/// A path and the route it leads to.
using NginxPath = std::pair<std::string_view, std::size_t>;
using NginxPaths = std::vector<NginxPath>;

/// They point into the table.
struct NginxDomains {
    std::map<std::uint16_t, NginxLeads> shared;  ///< By port, sorted.
    /// The paths, longest first, and the domains that are split so; all of one port.
    std::map<NginxPaths, std::vector<const service::Domain*>> own;
};

/// Of what is claimed twice, which a Registry rules out, the first route has it.
[[nodiscard]] NginxDomains nginx_domains(const service::RoutingTable& table);

/// Whether the application asks for directives of its own in its location.
[[nodiscard]] bool needs_own_location(const service::Application& application);

/// Whether its backends are spoken to in gRPC.
[[nodiscard]] bool is_grpc(const service::Application& application);

}  // namespace scrimp::proxy
