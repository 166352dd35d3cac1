// Which nginx will read what we generate: some directives are spelt otherwise in a later one.
//
// The program that the check command runs is asked once, at the start (`nginx -v`, milliseconds);
// the answer is a number in RenderOptions, so that rendering stays a pure function. Who exchanges
// nginx under a running balancer goes on with the spelling before, which later versions take, with
// a warning at most. If nobody answers, the version of Debian 12 is assumed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "proxy/generator.h"

namespace scrimp::app {

/// 1022001 of "nginx version: nginx/1.22.1", in any text around; nothing if it has none.
[[nodiscard]] std::optional<std::uint32_t> parse_nginx_version(std::string_view text);

/// Of the program behind `--nginx` in a check-nginx command, else of `nginx`.
[[nodiscard]] std::optional<std::uint32_t> ask_nginx_version(const proxy::Command& check_command);

}  // namespace scrimp::app
