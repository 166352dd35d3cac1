// What changed between two routing tables, for a person and for the pace of a rollout. Cost: linear
// in both tables.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "service/registry.h"

namespace scrimp::proxy {

using Routes = std::vector<const service::Route*>;  ///< Sorted; of a table that is held beside it.

/// Whether an upstream of `before` is missing in `after`.
[[nodiscard]] bool takes_out(const Routes& before, const Routes& after);

/// "web: +10.0.0.3:8080 (b3), -10.0.0.1:8080 (b1); api: new, 2 upstreams; old: gone", cut at a
/// whole application after some hundred bytes: "and 12 more applications".
[[nodiscard]] std::string describe_difference(const Routes& before, const Routes& after);

/// "b1", "b1, b2 and 5 more": whose upstreams these are.
[[nodiscard]] std::string nodes_of(std::span<const service::Upstream> upstreams);

[[nodiscard]] Routes routes_of(const service::RoutingTable& table);

}  // namespace scrimp::proxy
