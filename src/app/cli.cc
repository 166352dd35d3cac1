#include "app/cli.h"

#include <cstdio>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/activation_client.h"
#include "app/check_caddy.h"
#include "app/check_haproxy.h"
#include "app/check_nginx.h"
#include "app/cli_verb.h"
#include "app/config.h"
#include "app/daemon.h"
#include "app/keyring_commands.h"
#include "app/wire_decode.h"
#include "providers/providers.h"

namespace scrimp::app {

namespace {

constexpr std::string_view check_caddy_word = "check-caddy";
constexpr std::string_view check_haproxy_word = "check-haproxy";
constexpr std::string_view check_nginx_word = "check-nginx";
constexpr std::string_view activation_word = "activation";

constexpr const char* description =
    "Scrimp LB, a cheap load balancer: a balancer and its backends form a gossip cluster, and the\n"
    "balancer keeps nginx configured from what the backends announce. Without a command it runs "
    "as\n"
    "the node that the configuration file describes, until SIGTERM or SIGINT.\n";

constexpr const char* examples =
    "Examples:\n"
    "  scrimplb -config-file /etc/scrimplb/scrimp.json       run the node\n"
    "  scrimplb validate /etc/scrimplb/scrimp.json           check the file, tell every mistake\n"
    "  scrimplb -enumerate-network                           print addresses, then run\n"
    "  scrimplb status                                       ask the node that runs here\n"
    "  scrimplb keygen --output /etc/scrimplb/keyring.json   make a key to seal gossip with\n"
    "  echo \"udp 0282a75061796c6f6164c0a55365714e6f2a\" | scrimplb wire decode\n"
    "\n"
    "Flags may be written with one dash or two, -flag value or -flag=value.\n"
    "Exit status: 0 well, 1 failed, 2 wrongly asked or configured, 3 degraded.\n";

int complain(const Error& error, int status) {
    std::fprintf(stderr, "scrimplb: %s\n", error.message.c_str());
    return status;
}

int print_network() {
    const auto addresses = providers::enumerate_network();
    if (!addresses) return complain(addresses.error(), exit_failed);
    for (const providers::InterfaceAddress& found : *addresses) {
        std::printf("%s %s%s%s%s\n", found.interface.c_str(), found.address.ip_text().c_str(),
                    found.up ? "" : " down", found.loopback ? " loopback" : "",
                    found.global ? " global" : "");
    }
    std::fflush(stdout);
    return 0;
}

int run_node(const std::string& path, bool enumerate) {
    if (enumerate) {
        if (const int status = print_network(); status != 0) return status;
    }
    const Result<Config> config = load_config(path);
    if (!config) return complain(config.error(), exit_usage);
    return run_daemon(*config);
}

int validate(const std::string& path) {
    const Result<Config> config = load_config(path);
    if (!config) return complain(config.error(), exit_usage);
    for (const std::string& warning : config->warnings) {
        std::printf("warning: %s\n", warning.c_str());
    }
    if (config->load_balancer) {
        std::printf("%s: a load balancer, well configured\n", path.c_str());
    } else {
        const std::size_t count = config->applications.size();
        std::printf("%s: a backend with %zu application%s, well configured\n", path.c_str(), count,
                    count == 1 ? "" : "s");
    }
    return 0;
}

CLI::App* add_keygen(CLI::App& cli, KeygenOptions& options) {
    CLI::App* const command =
        cli.add_subcommand("keygen", "Make a key for gossip-config.keyring-file");
    command->add_option("--bits", options.bits, "128, 192 or 256")->capture_default_str();
    command
        ->add_option("--output", options.output,
                     "A keyring file to make of it; without, the key is printed in base64")
        ->type_name("FILE");
    return command;
}

CLI::App* add_keyring(CLI::App& cli, KeyringOptions& options) {
    CLI::App* const command = cli.add_subcommand(
        "keyring", "Look at a keyring file or change it; a node that runs follows it");
    command->require_subcommand(1);
    const auto add = [&](const char* verb, const char* what) {
        CLI::App* const added = command->add_subcommand(verb, what);
        added->add_option("--file", options.file, "The keyring file")
            ->type_name("FILE")
            ->required();
        return added;
    };
    add("list", "Show the fingerprints of the keys, the one that seals first");
    add("install", "Add the key that comes on standard input, in base64")
        ->add_option("key", options.key)
        ->group("");  // Accepted only to say why not.
    for (const auto& [verb, what] :
         {std::pair{"use", "Seal with the key of this fingerprint from now on"},
          std::pair{"remove", "Take the key of this fingerprint out"}}) {
        add(verb, what)->add_option("key", options.key, "A fingerprint")->type_name("FINGERPRINT");
    }
    return command;
}

CLI::App* add_wire_decode(CLI::App& cli, WireDecodeOptions& options) {
    CLI::App* const wire = cli.add_subcommand("wire", "Look at what goes over the wire");
    wire->require_subcommand(1);
    CLI::App* const decodes = wire->add_subcommand(
        "decode", "Read payloads, `udp HEX` or `tcp HEX` a line, and print each as JSON");
    decodes->add_option("--keyring", options.keyring, "A keyring file")->type_name("FILE");
    decodes
        ->add_option("--key", options.keys,
                     "An encryption key that is no secret any more; may be given several times")
        ->type_name("HEX")
        ->allow_extra_args(false);
    decodes->add_option("--label", options.label, "The cluster's label")->type_name("TEXT");
    return decodes;
}

/// Of the verbs that read their own words; nothing if it is none.
std::optional<int> run_plain_verb(const std::vector<std::string>& words) {
    using Verb = int (*)(const std::vector<std::string>&);
    constexpr std::pair<std::string_view, Verb> verbs[] = {{check_caddy_word, check_caddy},
                                                           {check_haproxy_word, check_haproxy},
                                                           {check_nginx_word, check_nginx},
                                                           {activation_word, ask_activation}};
    for (const auto& [word, verb] : verbs) {
        if (!words.empty() && words.front() == word) {
            return verb({words.begin() + 1, words.end()});
        }
    }
    return std::nullopt;
}

}  // namespace

std::vector<std::string> rewrite_go_flags(std::vector<std::string> words) {
    for (std::string& word : words) {
        if (word == "--") break;
        const bool one_dash = word.size() > 2 && word[0] == '-' && word[1] != '-';
        if (one_dash) word.insert(0, "-");
    }
    return words;
}

int run_command_line(const std::vector<std::string>& words) {
    if (const auto code = run_plain_verb(words)) return *code;
    CLI::App cli(description, "scrimplb");
    cli.footer(examples);
    cli.set_version_flag("--version", std::string("scrimplb " SCRIMP_VERSION));
    cli.require_subcommand(0, 1);
    std::string config_path = "./scrimp.json";
    bool enumerate = false;
    cli.add_option("--config-file", config_path, "The configuration file")
        ->type_name("PATH")
        ->capture_default_str();
    cli.add_flag("--enumerate-network", enumerate, "Print all detected addresses, then go on");

    CLI::App* const validates =
        cli.add_subcommand("validate", "Check a configuration file and tell every mistake in it");
    std::string validate_path;
    validates->add_option("path", validate_path, "The configuration file")
        ->type_name("PATH")
        ->required();

    WireDecodeOptions decode;
    CLI::App* const decodes = add_wire_decode(cli, decode);
    KeygenOptions made;
    CLI::App* const keygens = add_keygen(cli, made);
    KeyringOptions kept;
    CLI::App* const keyrings = add_keyring(cli, kept);
    Verbs verbs;
    add_view_verbs(cli, verbs);
    add_config_verbs(cli, verbs);
    add_token_verbs(cli, verbs);
    add_backend_verbs(cli, verbs);
    add_challenge_verbs(cli, verbs);

    // Listed for --help; it reads its own words, because a path may look like anything.
    cli.add_subcommand(std::string(check_nginx_word),
                       "Check a candidate configuration inside the real one, with nginx -t");
    cli.add_subcommand(std::string(check_caddy_word),
                       "Check a candidate configuration with caddy validate");
    cli.add_subcommand(std::string(check_haproxy_word),
                       "Check a candidate configuration beside the real one, with haproxy -c");
    cli.add_subcommand(std::string(activation_word),
                       "Ask scrimplb-activate, the helper that runs as root");

    const std::vector<std::string> rewritten = rewrite_go_flags(words);
    try {
        cli.parse(std::vector<std::string>(rewritten.rbegin(), rewritten.rend()));
    } catch (const CLI::ParseError& error) {
        return cli.exit(error) == 0 ? 0 : exit_usage;
    }
    for (const Verb& verb : verbs) {
        if (verb.command->parsed()) return verb.run();
    }
    if (validates->parsed()) return validate(validate_path);
    if (keygens->parsed()) return keygen(made, std::cout, std::cerr);
    if (keyrings->parsed()) {
        kept.verb = keyrings->get_subcommands().front()->get_name();
        return keyring(kept, std::cin, std::cout, std::cerr);
    }
    if (decodes->parsed()) return wire_decode(std::cin, std::cout, std::cerr, decode);
    return run_node(config_path, enumerate);
}

}  // namespace scrimp::app
