// What a Rollout tells of itself: for a status page, a log line, a person who asks why the proxy
// does not have the latest table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace scrimp::proxy {

/// Workers of the proxy that a reload has replaced, and that still serve what they had begun.
struct OldWorkers {
    std::uint32_t generations = 0;
    std::uint32_t workers = 0;
    friend bool operator==(const OldWorkers&, const OldWorkers&) = default;
};

/// An application of the current table that is not rolled out.
struct LeftOut {
    std::string application;
    std::uint16_t listen_port = 0;
    std::string nodes;   ///< Whose it is: "b1, b2 and 3 more".
    std::string reason;  ///< What the check or the proxy said.
    friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

struct RolloutView {
    /// "idle", "waiting", "checking", "looking for the fault", "reloading", "confirming",
    /// "restoring".
    std::string_view phase;
    std::string generation;      ///< That the proxy serves; empty: unknown.
    std::uint64_t revision = 0;  ///< Of the table that is served; 0: none yet.
    std::uint64_t latest = 0;    ///< Of the table that came last.
    Instant next = never;        ///< When it goes on by itself.
    std::string waits_for;       ///< Why the latest table waits longer than usual; else empty.
    std::string pinned;          ///< The generation that tables wait behind; else empty.
    /// The proxy has a pinned text, or may have: `revision` is not of what it serves.
    bool serves_pinned = false;
    std::vector<LeftOut> left_out;  ///< Sorted.
    OldWorkers old_workers;         ///< When they were counted last.
    std::uint64_t reloads = 0;
    std::string failure;  ///< What the last rollout ended with, if not well.
};

}  // namespace scrimp::proxy
