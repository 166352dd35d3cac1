// Counts and times as a person reads them in a log line.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace scrimp {

/// "1 route", "2 routes".
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);

/// In the largest unit that leaves a number above one, cut: "850 ms", "20 s", "3 min", "50 h".
[[nodiscard]] std::string rough_text(Duration duration);

}  // namespace scrimp
