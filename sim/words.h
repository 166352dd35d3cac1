// What people write on the simulator's command line and in its scenario files: shares, spans of
// time and profiles, read the same way in both places; and how durations are printed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "swim/config.h"

namespace scrimp::sim {

/// "5%", "0.5%" or "0.05": a share between none and all.
[[nodiscard]] Result<double> parse_share(std::string_view text);
/// As Go writes durations, not negative, and at most a year, so that sums of them do not overflow.
[[nodiscard]] Result<Duration> parse_span(std::string_view text);
/// lan, wan, local or original.
[[nodiscard]] Result<swim::Config> parse_profile(std::string_view name);

[[nodiscard]] double in_seconds(Duration span);

}  // namespace scrimp::sim
