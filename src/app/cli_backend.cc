#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/cli_admin.h"
#include "base/json.h"

namespace scrimp::app {
namespace {

constexpr const char* drain_footer =
    "Exit status: 0 announced, or with --wait safe to stop; 1 not (the reason is printed).\n"
    "Examples:\n"
    "  scrimplb drain shop --wait && systemctl restart shop && scrimplb ready shop\n"
    "  scrimplb drain --wait\n";

constexpr const char* maint_footer =
    "Examples:\n"
    "  scrimplb maint on shop --reason 'new disk'\n"
    "  scrimplb maint on --reason 'kernel, back at noon'\n"
    "  scrimplb maint off\n";

struct Words {
    AdminOptions admin{};
    std::string application{};
    std::string reason{};
    bool wait = false;
};

std::shared_ptr<AdminOptions> admin_of(const std::shared_ptr<Words>& words) {
    return {words, &words->admin};
}

CLI::App* add_command(CLI::App& parent, const char* verb, const char* what,
                      const std::shared_ptr<Words>& words) {
    CLI::App* const command = parent.add_subcommand(verb, what);
    command->add_option("app", words->application, "The application; without it, all of them")
        ->type_name("APP");
    add_where(*command, admin_of(words));
    return command;
}

int act(const Words& words, const std::string& target, Json body) {
    if (!words.application.empty()) body["application"] = words.application;
    // Bytes that are no UTF-8 are told, by the node, as what they are not.
    return act_and_print(words.admin, target,
                         body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void add_backend_verbs(CLI::App& cli, Verbs& verbs) {
    const auto drains = std::make_shared<Words>();
    CLI::App* const drain = add_command(
        cli, "drain", "Take applications of this backend out before they stop, losing no request",
        drains);
    drain->add_flag("--wait", drains->wait, "Until no balancer sends new requests there");
    drain->footer(drain_footer);
    verbs.push_back(
        {drain, [drains] { return act(*drains, "/v1/drain", {{"wait", drains->wait}}); }});

    const auto resumes = std::make_shared<Words>();
    verbs.push_back({add_command(cli, "ready", "Take back a drain", resumes),
                     [resumes] { return act(*resumes, "/v1/ready", Json::object()); }});

    CLI::App* const maint = cli.add_subcommand(
        "maint", "Keep applications of this backend out of service, also across restarts");
    maint->require_subcommand(1);
    maint->footer(maint_footer);
    for (const bool on : {true, false}) {
        const auto words = std::make_shared<Words>();
        CLI::App* const command =
            add_command(*maint, on ? "on" : "off",
                        on ? "Out of service from now on" : "Back in service", words);
        if (on) {
            command->add_option("--reason", words->reason, "Everyone sees it")->type_name("TEXT");
        }
        verbs.push_back({command, [words, on] {
                             Json body = {{"on", on}};
                             if (!words->reason.empty()) body["reason"] = words->reason;
                             return act(*words, "/v1/maintenance", std::move(body));
                         }});
    }
}

}  // namespace scrimp::app
