// What the program says of its runs, as text and as JSON.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "sim/play.h"
#include "sim/storm.h"

namespace scrimp::sim {

/// What failed and how to see it again; ends in a line feed.
[[nodiscard]] std::string failure_text(const StormReport& report);
/// One line for a run that went well; else what failed and how to see it again. With `details`
/// every expectation.
[[nodiscard]] std::string text_of(const PlayReport& report, bool details);

[[nodiscard]] nlohmann::ordered_json json_of(const StormReport& report);
[[nodiscard]] nlohmann::ordered_json json_of(const PlayReport& report);

}  // namespace scrimp::sim
