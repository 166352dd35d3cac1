#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/cli_admin.h"
#include "base/json.h"

namespace scrimp::app {
namespace {

constexpr const char* challenge_footer =
    "Exit status of add: 0 every balancer answers; 1 not (who does not is printed).\n"
    "With certbot:\n"
    "  certbot certonly --manual --preferred-challenges http -d shop.example \\\n"
    "    --manual-auth-hook 'scrimplb challenge certbot add' \\\n"
    "    --manual-cleanup-hook 'scrimplb challenge certbot remove'\n"
    "With dehydrated, a HOOK of two lines:\n"
    "  #!/bin/sh\n"
    "  exec scrimplb challenge dehydrated -- \"$@\"\n";

struct ChallengeWords {
    AdminOptions admin{};
    std::string token{};
    std::string answer{};
    std::string action{};
    std::vector<std::string> arguments{};
};
using SharedWords = std::shared_ptr<ChallengeWords>;

/// Bytes that are no UTF-8 are told, by the node, as what they are not.
int ask_challenge(const AdminOptions& admin, bool add, const std::string& token,
                  const std::string& answer) {
    Json body = {{"token", token}};
    if (add) body["answer"] = answer;
    return act_and_print(admin, add ? "/v1/challenges/add" : "/v1/challenges/remove",
                         body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// `deploy_challenge` and `clean_challenge` are followed by a domain, a token and an answer, once
/// or, with HOOK_CHAIN, several times. dehydrated calls its hook for much else, too.
int follow_dehydrated(const ChallengeWords& words) {
    const bool add = words.action == "deploy_challenge";
    if (!add && words.action != "clean_challenge") return 0;
    int status = 0;
    for (std::size_t i = 0; i + 2 < words.arguments.size(); i += 3) {
        status = std::max(status, ask_challenge(words.admin, add, words.arguments[i + 1],
                                                words.arguments[i + 2]));
    }
    return status;
}

CLI::App* add_challenge_command(CLI::App& parent, const char* verb, const char* what,
                                const SharedWords& words) {
    CLI::App* const command = parent.add_subcommand(verb, what);
    add_where(*command, {words, &words->admin});
    return command;
}

}  // namespace

void add_challenge_verbs(CLI::App& cli, Verbs& verbs) {
    CLI::App* const challenge =
        cli.add_subcommand("challenge", "Have every balancer answer an ACME challenge (HTTP-01)");
    challenge->require_subcommand(1);
    challenge->footer(challenge_footer);

    const auto added = std::make_shared<ChallengeWords>();
    CLI::App* const add = add_challenge_command(
        *challenge, "add", "Until each balancer answers with the key authorization", added);
    add->add_option("token", added->token)->type_name("TOKEN")->required();
    add->add_option("answer", added->answer)->type_name("KEY-AUTHORIZATION")->required();
    verbs.push_back(
        {add, [added] { return ask_challenge(added->admin, true, added->token, added->answer); }});

    const auto removed = std::make_shared<ChallengeWords>();
    CLI::App* const remove = add_challenge_command(*challenge, "remove", "No longer", removed);
    remove->add_option("token", removed->token)->type_name("TOKEN")->required();
    verbs.push_back(
        {remove, [removed] { return ask_challenge(removed->admin, false, removed->token, ""); }});

    const auto hooked = std::make_shared<ChallengeWords>();
    CLI::App* const certbot = add_challenge_command(
        *challenge, "certbot", "As its manual hook: by CERTBOT_TOKEN, CERTBOT_VALIDATION", hooked);
    certbot->add_option("action", hooked->action, "add or remove")
        ->required()
        ->check(CLI::IsMember({"add", "remove"}));
    verbs.push_back({certbot, [hooked] {
                         return ask_challenge(hooked->admin, hooked->action == "add",
                                              environment("CERTBOT_TOKEN"),
                                              environment("CERTBOT_VALIDATION"));
                     }});

    const auto chained = std::make_shared<ChallengeWords>();
    CLI::App* const dehydrated = add_challenge_command(
        *challenge, "dehydrated", "As its hook: by the hook's arguments", chained);
    dehydrated->add_option("action", chained->action)->required();
    dehydrated->add_option("arguments", chained->arguments);
    verbs.push_back({dehydrated, [chained] { return follow_dehydrated(*chained); }});
}

}  // namespace scrimp::app
