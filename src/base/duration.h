// Durations as Go spells them (time.ParseDuration): the original's configuration files are full of
// them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace scrimp {

/// "300ms", "1.5h", "1m30s", "-2s", "0": an optional sign, then numbers, each with an optional
/// fraction and one of the units ns, us (or µs, with either mu), ms, s, m, h. Accepts and refuses
/// exactly what Go 1.19 does, and cuts beyond the nanosecond as it does. The range is 292 years.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

}  // namespace scrimp
