// One verb of the command line: the words that name it, and what it does.
//
// cli.cc asks each part for its verbs, so a new one is a line there. CLI11 is costly to parse and
// stays out of headers.
#pragma once

#include <functional>
#include <vector>

namespace CLI {
class App;
}

namespace scrimp::app {

inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
/// All was told, and what was told is not well.
inline constexpr int exit_degraded = 3;

struct Verb {
    CLI::App* command;
    std::function<int()> run;  ///< The exit status; called if the words named it.
};
using Verbs = std::vector<Verb>;

/// `members`, `routes` and `status`: what the node on this machine tells.
void add_view_verbs(CLI::App& cli, Verbs& verbs);
/// `drain`, `ready` and `maint`: what a backend on this machine is asked to do.
void add_backend_verbs(CLI::App& cli, Verbs& verbs);

/// `config`: the generations of the proxy's configuration.
void add_config_verbs(CLI::App& cli, Verbs& verbs);

/// `challenge`: answers to ACME challenges.
void add_challenge_verbs(CLI::App& cli, Verbs& verbs);

/// `token`: keys of an operator, and the permits that they sign.
void add_token_verbs(CLI::App& cli, Verbs& verbs);

}  // namespace scrimp::app
