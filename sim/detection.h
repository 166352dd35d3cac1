// How long a dead backend is taken for alive, measured on many small clusters.
#pragma once

#include <vector>

#include "sim/world.h"

namespace scrimp::sim {

struct DetectionOptions {
    Options options;
    std::size_t nodes = 3;
    std::size_t runs = 100;
    /// How long each cluster lives before the crash: time in which nobody must be accused.
    Duration quiet = std::chrono::seconds{60};
    /// The process is killed (its kernel refuses connections), or the machine is gone.
    bool silent = false;
    std::uint64_t seed = 1;
};

struct Detection {
    std::vector<Duration> balancer;  ///< Crash to the balancer's knowledge, sorted, one a run.
    std::vector<Duration> everyone;  ///< Crash to the last node's knowledge, sorted.
    std::size_t false_deaths = 0;    ///< Deaths declared of nodes that ran.
    std::size_t undetected = 0;      ///< Runs in which somebody had not noticed in 2 minutes.
    double node_hours = 0;           ///< Virtual time watched for false deaths.
    double bytes_per_node_second = 0;
};

[[nodiscard]] Detection measure_detection(const DetectionOptions& options);

/// The value that `share` of the sorted, non-empty list is not above.
[[nodiscard]] Duration percentile(const std::vector<Duration>& sorted, double share);

}  // namespace scrimp::sim
