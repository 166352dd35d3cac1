// A storm: everything from one seed. The network's faults, the nodes' settings, what is done to
// them and when are all drawn, and every kind of fault is left out altogether in half of the storms
// (swarm testing, Groce et al. 2012): some bugs need another fault's absence. After the storm the
// network is calm, whoever is down is started or stays dead, and the cluster must converge within
// its bound. The checkers look on all the time. In half of the storms backends announce
// applications, often more than metadata holds; there every balancer must route all of them in the
// end.
//
// What a storm finds is found again by its seed and number of nodes alone: replay_command() is the
// line to type.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "sim/world.h"

namespace scrimp::sim {

struct StormReport {
    std::uint64_t seed = 0;
    std::size_t nodes = 0;
    std::string weather;  ///< What was drawn, for a person.
    std::optional<Duration> converged_after;
    Duration bound{};
    /// From convergence until every balancer routes every application, if lists are exchanged.
    std::optional<Duration> routed_after;
    std::string complaint;     ///< Empty if every rule held.
    std::string disagreement;  ///< Empty if the cluster converged, and the balancers route it all.
    std::uint64_t hash = 0;
    std::uint64_t events = 0;
    Duration virtual_time{};
    std::size_t faults = 0;

    [[nodiscard]] bool passed() const { return complaint.empty() && disagreement.empty(); }
};

/// `nodes` 0: drawn, 5 to 50. `text` as for Trace.
[[nodiscard]] StormReport run_storm(std::uint64_t seed, std::size_t nodes = 0,
                                    std::ostream* text = nullptr);

/// What a person types to see the same storm again.
[[nodiscard]] std::string replay_command(const StormReport& report);

}  // namespace scrimp::sim
