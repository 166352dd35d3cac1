// What a node has counted since it started: for status, metrics and tests.
#pragma once

#include <array>
#include <cstdint>

#include "wire/packet.h"

namespace scrimp::swim {

/// Packets and streams that peers got wrong are counted by reason here and nowhere logged.
struct Stats {
    std::uint64_t packets_received = 0;
    std::uint64_t packets_sent = 0;
    std::uint64_t bytes_received = 0;  ///< Of packets and streams, without IP headers.
    std::uint64_t bytes_sent = 0;
    std::array<std::uint64_t, wire::reasons_count> refused{};
    std::uint64_t streams_accepted = 0;
    std::uint64_t streams_refused = 0;  ///< Over a limit, or from outside the allowed networks.
    std::uint64_t packets_refused = 0;  ///< From outside the allowed networks.
    std::uint64_t merges_refused = 0;   ///< A push/pull whose versions do not fit ours.
    /// News of members that cannot be: no address, port 0, metadata over the limit, an incarnation
    /// nobody could answer.
    std::uint64_t announcements_refused = 0;
    std::uint64_t members_refused = 0;   ///< Newcomers over members_max.
    std::uint64_t requests_refused = 0;  ///< Pings over what one packet or all relays may ask.
    std::uint64_t probes_failed = 0;
    std::uint64_t refutations = 0;
    int health_score = 0;  ///< Lifeguard's awareness, 0 (well) to awareness_max - 1.
};

}  // namespace scrimp::swim
