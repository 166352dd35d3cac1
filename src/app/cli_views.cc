#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/cli_admin.h"

namespace scrimp::app {
namespace {

constexpr const char* status_footer =
    "Exit status: 0 well, 1 no answer, 3 degraded (the reasons are printed).\n"
    "Examples:\n"
    "  scrimplb status\n"
    "  scrimplb status --format json | jq -r '.warnings[]'\n";

constexpr const char* members_footer =
    "Examples:\n"
    "  scrimplb members\n"
    "  scrimplb members --format json | jq -r '.members[] | select(.state != \"alive\") | .name'\n";

constexpr const char* routes_footer =
    "Examples:\n"
    "  scrimplb routes\n"
    "  scrimplb routes --socket /run/scrimplb/admin.sock --format json\n";

}  // namespace

void add_view_verbs(CLI::App& cli, Verbs& verbs) {
    const auto add = [&](const char* verb, const char* what, const char* footer) {
        auto options = std::make_shared<AdminOptions>();
        CLI::App* const command = cli.add_subcommand(verb, what);
        command->footer(footer);
        add_where(*command, options);
        add_format(*command, options);
        verbs.push_back({command, [options = std::move(options), verb = std::string(verb)] {
                             return ask_and_print(*options, "/v1/" + verb);
                         }});
    };
    add("members", "Who is in the cluster, as the node on this machine sees it", members_footer);
    add("routes", "Which backend gets traffic for what, and why others do not (on a balancer)",
        routes_footer);
    add("status", "Whether the node on this machine is well, on one screen", status_footer);
}

}  // namespace scrimp::app
