// `scrimplb check-nginx`: would nginx accept this candidate in the place of that target?
//
// The generated file alone proves little: what breaks in practice is its meeting with the rest, a
// second default server, a variable defined twice. So the real `nginx -t` judges the real main
// configuration with the candidate in the target's place (nginx_shadow.h), and neither the target
// nor the running nginx notices. Ports that another program holds are refused besides: nginx -t
// does not mind them, the reload would fail, and without saying so.
#pragma once

#include <string>
#include <vector>

namespace scrimp::app {

/// What `scrimplb check-nginx --help` prints.
[[nodiscard]] std::string check_nginx_help();

/// `arguments` as they follow the word `check-nginx`:
///     [--nginx PATH] [--main PATH] [--prefix PATH] CANDIDATE TARGET
/// Blocks until nginx is done. Writes to standard error what nginx says and, where we know one, the
/// remedy. Returns the exit code: 0 accepted, 1 refused, 2 misused.
[[nodiscard]] int check_nginx(const std::vector<std::string>& arguments);

}  // namespace scrimp::app
