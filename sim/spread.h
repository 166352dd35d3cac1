// How fast news reach a cluster of any size: a change of metadata, a death, a newcomer.
//
// The cluster is born knowing itself (swim::Node::adopt), so that ten thousand nodes need no ten
// thousand joins; it then lives as always: probes, gossip, and push/pulls at the pace of its size.
// Beside each curve stands the formula of Serf's convergence simulator, which knows nothing of the
// first news after quiet going at once.
//
// Cost: 32 bytes for each member a node knows and 4 for its place in the walk, some 3.6 GB for ten
// thousand nodes; checkers would double that and are off from some thousand nodes on.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/world.h"

namespace scrimp::sim {

struct SpreadOptions {
    Options options;
    std::size_t nodes = 1000;
    std::uint64_t seed = 1;
    /// What the cluster does for itself, before anything happens: its load is taken here.
    Duration quiet = std::chrono::seconds{5};
};

/// Where a piece of news was when; the listed times are those to 50, 90, 99 and 100 %.
struct SpreadCurve {
    std::string news;
    std::size_t audience = 0;  ///< How many were to hear it.
    std::size_t reached = 0;   ///< How many did, within a minute.
    std::vector<Duration> reached_after;
};
inline constexpr std::array spread_shares{0.5, 0.9, 0.99, 1.0};

struct Spread {
    std::vector<SpreadCurve> curves;  ///< Metadata, death, join.
    Duration death_declared{};        ///< From the crash to the first who said so.
    Duration virtual_time{};
    std::uint64_t events = 0;
    double bytes_per_node_second = 0;  ///< At rest: packets and streams, without IP headers.
    double packets_per_node_second = 0;
    std::uint64_t hash = 0;
    std::string complaint;  ///< Empty if every rule held; none were looked at in large clusters.
};

/// `at_end` is called while the cluster still exists.
[[nodiscard]] Spread measure_spread(
    const SpreadOptions& options, const std::function<void()>& at_end = [] {});

/// Serf's formula: when a fan-out of gossip_nodes each gossip_interval has reached `share`.
[[nodiscard]] Duration spread_formula(const swim::Config& config, std::size_t nodes, double share);

}  // namespace scrimp::sim
