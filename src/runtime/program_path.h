// Where a program lies that a command names: on PATH, but for our own, which were installed
// together.
#pragma once

#include <string>

namespace scrimp::runtime {

/// What posix_spawnp shall look for. "scrimplb" means this very program, wherever it was installed,
/// and "scrimplb-…" one of its helpers, which lies beside it, in ../lib/scrimplb from there, or in
/// /usr/lib/scrimplb.
[[nodiscard]] std::string program_path(const std::string& name);

/// Why the program could not be started, for the operator; `error` of errno. Its arguments are not
/// told: they may hold what is nobody's business.
[[nodiscard]] std::string start_failure(const std::string& name, int error);

}  // namespace scrimp::runtime
