// The formulas by which a cluster's size sets its patience. Source: memberlist util.go.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace scrimp::swim {

/// The least time between suspicion and death: mult * log10(members), at least mult, in probe
/// intervals; the logarithm is cut to thousandths as in Go. Members count the dead not yet reaped.
[[nodiscard]] Duration suspicion_timeout(int mult, std::size_t members, Duration probe_interval);

/// How often one piece of news is sent by each who knows it: mult * ceil(log10(members + 1)).
[[nodiscard]] int retransmit_limit(int mult, std::size_t members);

/// Whole states cost O(members), so beyond 32 members they are exchanged more seldom.
[[nodiscard]] Duration push_pull_interval(Duration interval, std::size_t members);

}  // namespace scrimp::swim
