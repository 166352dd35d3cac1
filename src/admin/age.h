// How long ago something was, for a person.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/words.h"

namespace scrimp::admin {

/// "20 s", "3 min"; both in Unix seconds. A clock that was set back makes nothing negative.
[[nodiscard]] inline std::string age_text(std::int64_t now, std::int64_t then) {
    // Beyond what a Duration of nanoseconds holds nobody looks closely.
    constexpr std::int64_t years_100 = 100LL * 366 * 24 * 3600;
    const std::int64_t age = std::clamp(now - then, std::int64_t{0}, years_100);
    if (age < 1) return "0 s";
    return age < 2 ? "1 s" : rough_text(std::chrono::seconds{age});
}

}  // namespace scrimp::admin
