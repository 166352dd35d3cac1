// The running node: makes the machines, hands each its driver, and passes on what one tells to
// those it concerns.
//
//   member events ─► log, memory file, lonely? ─► seed::Keeper ─► join, publish
//                └─► on a load balancer: Registry ─► RoutingTable ─► Rollout
//
// One thread, one event loop. It decides only what no machine can: our own address, and the order
// of starting and stopping.
#pragma once

#include "app/config.h"

namespace scrimp::app {

/// Runs until SIGTERM or SIGINT, leaves the cluster aloud and returns the exit status: 0; 1 if it
/// could not start (the reason is on standard error, one sentence); 2 if the configuration is why.
[[nodiscard]] int run_daemon(const Config& config);

}  // namespace scrimp::app
