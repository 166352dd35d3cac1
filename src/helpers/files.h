// A small file, read whole within a bound.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace scrimp::helpers {

/// The error says why and what to do, not which file: the caller knows, and what is in it never
/// appears.
[[nodiscard]] Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max);

}  // namespace scrimp::helpers
