// `scrimplb token`: keys of an operator, and the permits that they sign.
#include <charconv>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "admin/json_writer.h"
#include "app/cli_verb.h"
#include "base/ascii.h"
#include "runtime/clock.h"
#include "runtime/files.h"
#include "runtime/nonces.h"
#include "service/permit.h"

namespace scrimp::app {
namespace {

constexpr const char* token_footer =
    "Examples:\n"
    "  scrimplb token keygen --output /root/scrimplb-permits.key\n"
    "      prints the public key: list it under permit-public-keys of each balancer\n"
    "  scrimplb token new --key /root/scrimplb-permits.key --node 'shop-*' \\\n"
    "      --domains '*.example.com' --ports 443 --cidrs 10.0.0.0/8 --expires 90d\n"
    "      prints a permit: put it into backend-config.permit, or a file for permit-file\n"
    "  scrimplb token show v1.eyJuIjoi...\n";

/// A key with white space around it.
constexpr std::size_t key_file_bytes_max = 1024;

struct TokenOptions {
    std::string output{};
    std::string key_path{};
    std::string node{};
    std::vector<std::string> domains{};
    std::vector<std::string> ports{};
    std::vector<std::string> cidrs{};
    std::string expires{};
    std::string permit{};
};

int refuse(const std::string& sentence, int status) {
    std::fprintf(stderr, "scrimplb: %s\n", sentence.c_str());
    return status;
}

Result<service::PermitKey> read_key(const std::string& path) {
    const auto read = runtime::read_private_file(path, key_file_bytes_max);
    if (!read) return fail(path + ": " + read.error().message);
    if (!*read) return fail(path + ": there is no such file; scrimplb token keygen makes one");
    std::string text = **read;
    std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
    const auto key = service::parse_permit_key(text);
    if (!key) return fail(path + ": it " + key.error().message);
    return key;
}

int make_key(const TokenOptions& options) {
    const auto there = runtime::read_private_file(options.output, key_file_bytes_max);
    if (!there || *there) {
        return refuse(options.output + " is there already; name another file", exit_failed);
    }
    service::PermitKey secret;
    runtime::fill_from_kernel(std::as_writable_bytes(std::span(secret)));
    const Result<void> written =
        runtime::replace_private_file(options.output, service::permit_key_text(secret) + "\n");
    if (!written) return refuse(options.output + ": " + written.error().message, exit_failed);
    std::printf("%s\n", service::permit_key_text(service::public_key_of(secret)).c_str());
    return 0;
}

/// "90d", "12h", "30m": in Unix seconds, from now on.
Result<std::int64_t> parse_end(const std::string& text) {
    std::int64_t count = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, count);
    const char unit = end != last ? *end : ' ';
    const std::int64_t seconds = unit == 'd' ? 86400 : unit == 'h' ? 3600 : unit == 'm' ? 60 : 0;
    // Longer than anybody keeps a key.
    constexpr std::int64_t years_100 = 36'500;
    const bool good = error == std::errc{} && last - end == 1 && seconds != 0 && count > 0 &&
                      count <= years_100 * 86400 / seconds;
    if (!good) return fail("--expires: '" + text + "' is not a time like 90d, 12h or 30m");
    return runtime::unix_seconds() + count * seconds;
}

Result<service::Permit> permit_of(const TokenOptions& options) {
    service::Permit permit;
    permit.node = options.node;
    if (const Result<void> good = service::check_pattern(options.node); !good) {
        return fail("--node: " + good.error().message);
    }
    for (const std::string& domain : options.domains) {
        if (const Result<void> good = service::check_pattern(domain); !good) {
            return fail("--domains: '" + domain + "' " + good.error().message);
        }
        permit.grant.domains.push_back(lower(domain));
    }
    for (const std::string& port : options.ports) {
        const auto range = service::parse_port_range(port);
        if (!range) return fail("--ports: '" + port + "' " + range.error().message);
        permit.grant.ports.push_back(*range);
    }
    for (const std::string& cidr : options.cidrs) {
        const auto network = parse_network(cidr);
        if (!network) return fail("--cidrs: " + network.error().message);
        permit.networks.push_back(*network);
    }
    if (options.expires.empty()) return permit;
    const auto end = parse_end(options.expires);
    if (!end) return tl::unexpected(end.error());
    permit.expires = *end;
    return permit;
}

int make_permit(const TokenOptions& options) {
    const auto permit = permit_of(options);
    if (!permit) return refuse(permit.error().message, exit_usage);
    const auto secret = read_key(options.key_path);
    if (!secret) return refuse(secret.error().message, exit_failed);
    const auto text = service::sign_permit(*permit, *secret);
    if (!text) return refuse(text.error().message, exit_usage);
    std::printf("%s\n", text->c_str());
    return 0;
}

template <class T, class Spell>
std::string listed(const std::vector<T>& items, const char* all, Spell spell) {
    std::string text;
    for (const T& item : items) text.append(text.empty() ? "" : " ").append(spell(item));
    return text.empty() ? all : text;
}

int show_permit(const TokenOptions& options) {
    const auto permit = service::read_permit(options.permit);
    if (!permit) return refuse("the permit " + permit.error().message, exit_failed);
    const auto itself = [](const std::string& text) { return text; };
    std::printf("node     %s\n", permit->node.c_str());
    std::printf("cidrs    %s\n", listed(permit->networks, "every", [](const Network& n) {
                                     return n.text();
                                 }).c_str());
    std::printf("domains  %s\n", listed(permit->grant.domains, "every", itself).c_str());
    std::printf("ports    %s\n",
                listed(permit->grant.ports, "every", service::port_range_text).c_str());
    std::printf("expires  %s\n",
                permit->expires ? admin::rfc3339(*permit->expires).c_str() : "never");
    std::printf("The signature is not checked here: each balancer holds it against its keys.\n");
    return 0;
}

}  // namespace

void add_token_verbs(CLI::App& cli, Verbs& verbs) {
    auto options = std::make_shared<TokenOptions>();
    CLI::App* const token =
        cli.add_subcommand("token", "Make keys and permits: who may announce what");
    token->require_subcommand(1);
    token->footer(token_footer);

    CLI::App* const keygen = token->add_subcommand(
        "keygen", "Make an operator's key; print the public key that balancers are given");
    keygen->add_option("--output", options->output, "The file for the secret key, mode 0600")
        ->type_name("FILE")
        ->required();
    verbs.push_back({keygen, [options] { return make_key(*options); }});

    CLI::App* const made = token->add_subcommand("new", "Sign a permit for nodes and print it");
    made->add_option("--key", options->key_path, "The operator's secret key")
        ->type_name("FILE")
        ->required();
    made->add_option("--node", options->node, "A pattern of node names, like 'shop-*'")
        ->type_name("PATTERN")
        ->required();
    made->add_option("--domains", options->domains,
                     "Patterns of domains, with commas between; every domain if not given")
        ->type_name("PATTERN,...")
        ->delimiter(',');
    made->add_option("--ports", options->ports,
                     "Ports and ranges like 8000-8999; every port if not given")
        ->type_name("PORT,...")
        ->delimiter(',');
    made->add_option("--cidrs", options->cidrs,
                     "Networks of the nodes' addresses; every address if not given")
        ->type_name("CIDR,...")
        ->delimiter(',');
    made->add_option("--expires", options->expires,
                     "When the permit ends, from now: 90d, 12h, 30m; never if not given")
        ->type_name("TIME");
    verbs.push_back({made, [options] { return make_permit(*options); }});

    CLI::App* const shown =
        token->add_subcommand("show", "Tell what a permit grants; its signature is not checked");
    shown->add_option("permit", options->permit, "A permit")->type_name("PERMIT")->required();
    verbs.push_back({shown, [options] { return show_permit(*options); }});
}

}  // namespace scrimp::app
