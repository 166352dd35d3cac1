#include "app/check_caddy.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string_view>

#include "app/proxy_check.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace scrimp::app {
namespace {

struct CaddyOptions {
    std::string caddy = "caddy";
    std::string candidate;
    std::string target;
};

/// "Error: …" is all that is for us; before it Caddy logs what it does, in JSON.
std::string without_log(std::string_view said) {
    std::string kept;
    while (!said.empty()) {
        const std::size_t end = std::min(said.find('\n'), said.size() - 1) + 1;
        const std::string_view line = said.substr(0, end);
        if (!line.starts_with("{\"level\":") && line != "Valid configuration\n") kept += line;
        said.remove_prefix(end);
    }
    return kept;
}

/// `"listen": [":443"]`, as the generator writes it: IPv4 and IPv6.
std::vector<ListenPort> caddy_ports(std::string_view text) {
    constexpr std::string_view word = "\"listen\": [\":";
    std::vector<ListenPort> ports;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const std::string_view number = text.substr(at + word.size());
        const auto port = parse_port(number.substr(0, number.find('"')));
        if (!port) continue;
        ports.push_back({.number = *port, .ipv6 = false});
        ports.push_back({.number = *port, .ipv6 = true});
    }
    return ports;
}

Result<int> judge_caddy(const CaddyOptions& options) {
    std::ifstream in(options.candidate, std::ios::binary);
    if (!in) return fail("cannot read " + options.candidate);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const auto judgement =
        run_proxy_check({options.caddy, "validate", "--config", options.candidate}, "caddy");
    if (!judgement) return tl::unexpected(judgement.error());
    std::fputs(without_log(judgement->output).c_str(), stderr);
    if (judgement->status != 0) return 1;
    const std::string taken = taken_port_of(caddy_ports(text), "caddy", options.caddy);
    if (!taken.empty()) return fail(taken);
    return 0;
}

}  // namespace

std::string check_caddy_help() {
    return "usage: scrimplb check-caddy [--caddy PATH] CANDIDATE TARGET\n"
           "\n"
           "Asks the real caddy whether it would accept the file CANDIDATE as its configuration, "
           "and\n"
           "whether the ports in it are free or its own. Nothing that runs is touched.\n"
           "\n"
           "  --caddy PATH  Caddy's executable (default: caddy)\n";
}

int check_caddy(const std::vector<std::string>& arguments) {
    if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) {
        std::fputs(check_caddy_help().c_str(), stdout);
        return 0;
    }
    CaddyOptions options;
    const auto parsed = parse_check_words(arguments, {{"--caddy", &options.caddy}},
                                          options.candidate, options.target);
    if (!parsed) {
        std::fprintf(stderr, "scrimplb check-caddy: %s\n%s", parsed.error().message.c_str(),
                     check_caddy_help().c_str());
        return 2;
    }
    const auto code = judge_caddy(options);
    if (code) return *code;
    std::fprintf(stderr, "scrimplb check-caddy: %s\n", code.error().message.c_str());
    return 1;
}

}  // namespace scrimp::app
