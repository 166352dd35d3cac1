// Runs a script on a world, and tells of each expectation whether and when it came true.
//
// Steps are planned on the world's clock; expectations are looked at every ten milliseconds while
// one of them waits to come true. The checkers look on at every event, as always: a script that
// expects nothing wrong still fails when a rule is broken.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "sim/script.h"
#include "sim/world.h"

namespace scrimp::sim {

struct Outcome {
    std::size_t line = 0;
    std::string text;  ///< The expectation, as it was written.
    bool met = false;
    Duration after{};  ///< From the statement above it, if it came true.
    std::string why;   ///< What was seen instead, if it did not.
};

struct PlayReport {
    std::string name;
    std::uint64_t seed = 0;
    std::size_t nodes = 0;
    std::vector<Outcome> outcomes;
    std::string complaint;  ///< Empty if every rule held.
    std::uint64_t hash = 0;
    std::uint64_t events = 0;
    Duration virtual_time{};

    [[nodiscard]] bool passed() const;
};

/// `text` as for Trace. The script must outlive the call only.
[[nodiscard]] PlayReport play(const Script& script, std::uint64_t seed,
                              std::ostream* text = nullptr);

/// What a person types to see the same run again.
[[nodiscard]] std::string replay_command(const PlayReport& report);

}  // namespace scrimp::sim
