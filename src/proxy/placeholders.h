// {candidate} and {target} in the commands of a proxy, and the paths they stand for.
#pragma once

#include <string>
#include <string_view>

#include "proxy/generator.h"

namespace scrimp::proxy {

/// A dot-file beside the target: "/etc/a/lb.conf" gives "/etc/a/.lb.conf.candidate".
[[nodiscard]] std::string candidate_path(std::string_view target);

/// Likewise: "/etc/a/.lb.conf.last-good".
[[nodiscard]] std::string last_good_path(std::string_view target);

/// The command with every placeholder replaced, also inside a word.
[[nodiscard]] Command fill_placeholders(Command command, std::string_view candidate,
                                        std::string_view target);

}  // namespace scrimp::proxy
