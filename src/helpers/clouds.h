// The two answers of metadata services that are more than an address.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/result.h"
#include "helpers/metadata.h"

namespace scrimp::helpers {

/// Out of Google's description of a network interface, JSON:
///   {"ip":"10.128.0.2","accessConfigs":[{"externalIp":"203.0.113.7"}],"ipv6s":["2600:…"]}
/// IPv6 addresses are the same in both scopes.
[[nodiscard]] Result<std::optional<Endpoint>> gcp_address(std::string_view interface, Family family,
                                                          Scope scope);

/// Out of Hetzner's list of private networks, YAML of one fixed shape, the address in the first:
///   - ip: 10.0.0.2
///     alias_ips: []
/// Empty if there is none.
[[nodiscard]] std::string hetzner_private_address(std::string_view networks);

}  // namespace scrimp::helpers
