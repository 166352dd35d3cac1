// What `scrimplb check-nginx` and `scrimplb check-haproxy` have in common: they run the real
// proxy's own check to its end, and look for ports that somebody else holds.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/port_holder.h"
#include "base/result.h"

namespace scrimp::app {

/// An option that names a path, and where the path goes.
using PathOption = std::pair<std::string_view, std::string*>;

/// `[--OPTION PATH]… CANDIDATE TARGET`, an option also as `--OPTION=PATH`. The error is a sentence.
[[nodiscard]] Result<void> parse_check_words(const std::vector<std::string>& arguments,
                                             const std::vector<PathOption>& options,
                                             std::string& candidate, std::string& target);

/// An exit code and what was said.
struct Judgement {
    int status = 1;
    std::string output;
};

/// Blocks until it is done. A first word that is just `proxy` is looked for in /usr/sbin too. Fails
/// if it cannot be run.
[[nodiscard]] Result<Judgement> run_proxy_check(const std::vector<std::string>& argv,
                                                const std::string& proxy);

/// A sentence if one of `ports` belongs to a program that is not `proxy`, which may lie at `path`
/// under another name; else empty.
[[nodiscard]] std::string taken_port_of(const std::vector<ListenPort>& ports,
                                        const std::string& proxy, const std::string& path);

}  // namespace scrimp::app
