// The only place of the house that asks the time. Everything else gets it as a parameter.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace scrimp::runtime {

/// The kernel's monotonic clock on the house's time line.
[[nodiscard]] inline Instant now() {
    return Instant(std::chrono::steady_clock::now().time_since_epoch());
}

/// The same moment, as the timers of the event loop count it.
[[nodiscard]] inline std::chrono::steady_clock::time_point steady(Instant instant) {
    return std::chrono::steady_clock::time_point(instant.time_since_epoch());
}

/// The wall clock, for what other hosts read: Unix seconds. It may jump.
[[nodiscard]] inline std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace scrimp::runtime
