// The command line: what to do, and the exit status that says how it went (0 well, 1 failed,
// 2 wrongly asked or configured).
#pragma once

#include <string>
#include <vector>

namespace scrimp::app {

/// Go's flags for a parser of GNU's: `-config-file x` and `-config-file=x` get their second dash.
/// Single letters (-h) and everything behind `--` stay as they are.
[[nodiscard]] std::vector<std::string> rewrite_go_flags(std::vector<std::string> words);

/// Does what the words say; they come without the program's name. Errors are one sentence on
/// standard error.
[[nodiscard]] int run_command_line(const std::vector<std::string>& words);

}  // namespace scrimp::app
