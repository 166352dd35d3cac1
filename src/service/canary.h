// Shares of traffic as weights, which every proxy has: nothing of a canary is left to generators.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "service/routing_table.h"

namespace scrimp::service {

/// Gives the upstreams that are canaries `percent` (1 to 99) of the traffic together, and the
/// others the rest; within either they stay to each other as they were. Weights go up to
/// weight_max, so a share is met as near as that allows. While either has nobody, nothing is done:
/// the others get all.
void share_out(std::span<Upstream> upstreams, const std::vector<bool>& is_canary,
               std::uint8_t percent);

}  // namespace scrimp::service
