// The part of load-balancer-config that has applications routed otherwise than they announce:
//
//   "applications": {"shop": {"body-limit": "50m", "allow": ["10.0.0.0/8"]}}
#pragma once

#include <map>
#include <string>

#include "service/support.h"

namespace scrimp::app {

class Fields;

/// More are no exceptions any more.
inline constexpr std::size_t overrides_max = 1000;

/// By folded names, as service::Support has them. What the proxy in use lacks is a mistake.
[[nodiscard]] std::map<std::string, service::Options> read_overrides(Fields& balancer_config,
                                                                     service::Lacks lacks);

}  // namespace scrimp::app
