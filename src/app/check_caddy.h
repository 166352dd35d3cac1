// The verb `check-caddy`: would Caddy accept this configuration?
//
// The candidate is the whole of Caddy's configuration, so `caddy validate` is asked about it as it
// is: it sets everything up, certificates included, but for listening. What it tells of its own
// doings is left out, or every rollout would be told with it. Then the ports are looked at: a
// reload fails over one that another program holds.
#pragma once

#include <string>
#include <vector>

namespace scrimp::app {

[[nodiscard]] std::string check_caddy_help();

/// The words after the verb. Prints for a person to stderr; returns the exit code: 0 accepted, 1
/// refused, 2 misused.
[[nodiscard]] int check_caddy(const std::vector<std::string>& arguments);

}  // namespace scrimp::app
