// `scrimplb config`: the generations of the proxy's configuration.
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "admin/json_writer.h"
#include "app/cli_admin.h"

namespace scrimp::app {
namespace {

constexpr const char* config_footer =
    "A generation may be named by the beginning of its name.\n"
    "Examples:\n"
    "  scrimplb config history\n"
    "  scrimplb config diff 3f9a           from that generation to what would be rendered now\n"
    "  scrimplb config rollback 3f9a       go back to it; changes wait until config unpin\n"
    "  scrimplb config render > candidate  what would be rendered now\n";

struct ConfigOptions : AdminOptions {
    std::string from{};
    std::string to{};
    std::string generation{};
};

std::string rollback_body(const std::string& generation) {
    admin::JsonWriter json;
    json.begin_object();
    json.field("generation", generation);
    json.end_object();
    return std::move(json).take();
}

}  // namespace

void add_config_verbs(CLI::App& cli, Verbs& verbs) {
    CLI::App* const config = cli.add_subcommand(
        "config", "The proxy's configuration: what was, what is, and back (on a balancer)");
    config->require_subcommand(1);
    config->footer(config_footer);
    const auto options = std::make_shared<ConfigOptions>();
    const auto add = [&](const char* verb, const char* what) {
        CLI::App* const command = config->add_subcommand(verb, what);
        add_where(*command, options);
        return command;
    };

    CLI::App* const history = add("history", "List the generations that are kept, latest first");
    add_format(*history, options);
    verbs.push_back({history, [options] { return ask_and_print(*options, "/v1/config/history"); }});

    CLI::App* const diff = add("diff", "Show what changed from one generation to another");
    diff->add_option("from", options->from, "A generation; the one that is served if not given");
    diff->add_option("to", options->to, "Another; what would be rendered now if not given");
    verbs.push_back({diff, [options] {
                         return ask_and_print(
                             *options, "/v1/config/diff?from=" + percent_encoded(options->from) +
                                           "&to=" + percent_encoded(options->to));
                     }});

    CLI::App* const render = add("render", "Print the configuration, and change nothing");
    render->add_option("generation", options->generation,
                       "A generation; what would be rendered now if not given");
    verbs.push_back({render, [options] {
                         return ask_and_print(*options, "/v1/config/render?generation=" +
                                                            percent_encoded(options->generation));
                     }});

    CLI::App* const rollback =
        add("rollback", "Go back to a generation and stay there until `config unpin`");
    rollback->add_option("generation", options->generation, "A generation")->required();
    verbs.push_back({rollback, [options] {
                         return act_and_print(*options, "/v1/config/rollback",
                                              rollback_body(options->generation));
                     }});

    CLI::App* const unpin = add("unpin", "Follow the backends again after a rollback");
    verbs.push_back(
        {unpin, [options] { return act_and_print(*options, "/v1/config/unpin", "{}"); }});
}

}  // namespace scrimp::app
