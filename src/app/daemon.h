// The running node: makes the organs, and passes on what one tells to those it concerns.
//
//   Whereabouts ─► our address ─► Presence ─► member events ─► memory file, balancer
//                                    ▲   └──► lonely? ─► seed::Keeper ─► join, publish
//   LiveConfig ─► what we serve, ────┘
//                 what we support ─► Balancer: Registry ─► RoutingTable ─► Rollout
//
// One thread, one event loop. It decides only the order of things: how we start, how we move to a
// new address (out of the cluster and in again), how we stop.
#pragma once

#include "app/config.h"

namespace scrimp::app {

/// Runs until SIGTERM or SIGINT, leaves the cluster aloud and returns the exit status: 0; 1 if it
/// could not start (the reason is on standard error, one sentence); 2 if the configuration is why.
[[nodiscard]] int run_daemon(const Config& config);

}  // namespace scrimp::app
