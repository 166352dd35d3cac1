// `scrimplb check-haproxy`: would HAProxy take this candidate in the place of that target?
//
// The real `haproxy -c` judges the operator's main configuration and the candidate after it, as it
// will be loaded. The candidate is its own map by the target's path (proxy/haproxy.h), so what is
// judged is a copy beside it that says its own: a target that does not exist yet is no fault, and
// neither the target nor the running HAProxy notices. What is said names the candidate again, whose
// lines the copy's are. Ports that another program holds are refused besides: the check does not
// try them, the reload would fail.
#pragma once

#include <string>
#include <vector>

namespace scrimp::app {

/// What `scrimplb check-haproxy --help` prints.
[[nodiscard]] std::string check_haproxy_help();

/// `arguments` as they follow the word `check-haproxy`:
///     [--haproxy PATH] [--main PATH] CANDIDATE TARGET
/// Blocks until haproxy is done. Writes to standard error what it says. Returns the exit code: 0
/// accepted, 1 refused, 2 misused.
[[nodiscard]] int check_haproxy(const std::vector<std::string>& arguments);

}  // namespace scrimp::app
