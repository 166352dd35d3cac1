// The house's time line. It has no now(): time enters as a parameter, from the runtime or from the
// simulator, and code that tries to ask for it does not compile.
#pragma once

#include <chrono>

namespace scrimp {

struct Clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Clock, duration>;
    static constexpr bool is_steady = true;
    static time_point now() = delete;
};
using Instant = Clock::time_point;
using Duration = Clock::duration;

/// The deadline of a machine that waits for nothing but events.
inline constexpr Instant never = Instant::max();

}  // namespace scrimp
