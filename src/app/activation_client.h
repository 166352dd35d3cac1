// `scrimplb activation`: asks scrimplb-activate. With the key activation-socket these are the
// daemon's check and reload commands, so the time limits, the log lines and the retries are those
// of any command; by hand it is a way to see whether the helper answers.
#pragma once

#include <string>
#include <vector>

#include "proxy/generator.h"

namespace scrimp::app {

[[nodiscard]] std::string activation_help();

/// What `scrimplb activation` does with the words behind it; returns its exit status.
int ask_activation(const std::vector<std::string>& words);

/// Commands that ask the helper behind `socket`.
[[nodiscard]] proxy::Command activation_check_command(const std::string& socket, Duration longest);
[[nodiscard]] proxy::Command activation_reload_command(const std::string& socket, Duration longest);

}  // namespace scrimp::app
