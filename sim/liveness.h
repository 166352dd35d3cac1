// What must come true once the network is calm, and how soon.
#pragma once

#include "sim/world.h"

namespace scrimp::sim {

/// Convergence: every running node lists every running node alive, with the incarnation and the
/// metadata that node gives itself, and lists nobody else alive or suspect. The first disagreement
/// as a sentence, or nothing. Cost: quadratic in the hosts.
[[nodiscard]] Finding find_disagreement(const World& world);

/// How `observer`, which runs, sees `subject` otherwise than it is: running, and alive with its own
/// incarnation and metadata.
[[nodiscard]] Finding find_difference(const World& world, HostId observer, HostId subject);

/// Everything routed: the table of every running balancer holds every application of every running
/// backend, and nothing else. As above; for a world that trades.
[[nodiscard]] Finding find_misrouted(const World& world);
/// How long convergence may take after the last disturbance: a sum of worst cases, each of which
/// is rare alone (docs/simulation.md derives it).
[[nodiscard]] Duration convergence_max(const swim::Config& config, std::size_t members);

/// Runs until convergence, or until everything is routed, or the bound is over; how long it took,
/// or nothing if it did not come. Looks ten times a virtual second.
[[nodiscard]] std::optional<Duration> run_until_converged(World& world, Duration bound);
[[nodiscard]] std::optional<Duration> run_until_routed(World& world, Duration bound);

}  // namespace scrimp::sim
