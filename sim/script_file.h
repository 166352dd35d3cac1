// Scenario files from disk.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sim/script.h"

namespace scrimp::sim {

/// Each path is a file, or a folder whose *.txt files are taken in order of their names. All of
/// them parse, or the first mistake is told.
[[nodiscard]] Result<std::vector<Script>> load_scripts(std::span<const std::string> paths);

}  // namespace scrimp::sim
