#include "app/check_haproxy.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/proxy_check.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace scrimp::app {
namespace {

struct HaproxyOptions {
    std::string haproxy = "haproxy";
    std::string main = "/etc/haproxy/haproxy.cfg";
    std::string candidate;
    std::string target;
};

Result<HaproxyOptions> parse_haproxy_options(const std::vector<std::string>& arguments) {
    HaproxyOptions options;
    const auto parsed =
        parse_check_words(arguments, {{"--haproxy", &options.haproxy}, {"--main", &options.main}},
                          options.candidate, options.target);
    if (!parsed) return tl::unexpected(parsed.error());
    return options;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

/// A copy of the candidate that reads itself, for as long as this lives.
class Copy {
  public:
    Copy(const HaproxyOptions& options, std::string text) : path_(options.candidate + ".check") {
        replace_all(text, ",map(" + options.target + ")", ",map(" + path_ + ")");
        std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
    }
    ~Copy() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// What haproxy says without what it says of itself, and of logging that is yours to switch on.
std::string without_small_talk(std::string_view said) {
    std::string kept;
    while (!said.empty()) {
        const std::size_t end = std::min(said.find('\n'), said.size() - 1) + 1;
        const std::string_view line = said.substr(0, end);
        const bool small_talk =
            line.starts_with("[NOTICE]") || line == "Warnings were found.\n" ||
            line == "Configuration file is valid\n" ||
            line.find("log format ignored for frontend 'scrimp_") != std::string_view::npos;
        if (!small_talk) kept += line;
        said.remove_prefix(end);
    }
    return kept;
}

/// After a reload the old process stays for its last connections; only this ends it.
constexpr std::string_view hard_stop_after = "hard-stop-after";

constexpr const char* unbounded_processes =
    "%s does not set hard-stop-after: after each reload the old process stays, with all its "
    "memory, "
    "for as long as one connection to it does, a WebSocket for days. Put 'hard-stop-after 60s' "
    "into "
    "its global section.\n";

Result<std::string> text_at(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return fail("cannot read " + path);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

/// "    bind :443 ssl …" and "    bind [::]:443 v6only …".
std::vector<ListenPort> bound_ports(std::string_view text) {
    constexpr std::string_view word = "\n    bind ";
    std::vector<ListenPort> ports;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        std::string_view address = text.substr(at + word.size());
        address = address.substr(0, address.find_first_of(" \n"));
        const auto port = parse_port(address.substr(address.rfind(':') + 1));
        if (port) ports.push_back({.number = *port, .ipv6 = address.starts_with('[')});
    }
    return ports;
}

Result<int> judge_haproxy(const HaproxyOptions& options) {
    const auto text = text_at(options.candidate);
    if (!text) return tl::unexpected(text.error());
    const Copy copy(options, *text);
    const auto judgement =
        run_proxy_check({options.haproxy, "-c", "-f", options.main, "-f", copy.path()}, "haproxy");
    if (!judgement) return tl::unexpected(judgement.error());
    std::string said = judgement->output;
    replace_all(said, copy.path(), options.candidate);
    std::fputs(without_small_talk(said).c_str(), stderr);
    if (judgement->status != 0) return 1;
    const std::string taken = taken_port_of(bound_ports(*text), "haproxy", options.haproxy);
    if (!taken.empty()) return fail(taken);
    const auto main = text_at(options.main);
    if (main && main->find(hard_stop_after) == std::string::npos) {
        std::fprintf(stderr, unbounded_processes, options.main.c_str());
    }
    return 0;
}

}  // namespace

std::string check_haproxy_help() {
    return "usage: scrimplb check-haproxy [--haproxy PATH] [--main PATH] CANDIDATE TARGET\n"
           "\n"
           "Asks the real haproxy whether it would accept its main configuration with the file\n"
           "CANDIDATE loaded after it, in the place of the file TARGET. Nothing that runs is "
           "touched.\n"
           "\n"
           "  --haproxy PATH  HAProxy's executable (default: haproxy)\n"
           "  --main PATH     your own configuration (default: /etc/haproxy/haproxy.cfg)\n";
}

int check_haproxy(const std::vector<std::string>& arguments) {
    if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) {
        std::fputs(check_haproxy_help().c_str(), stdout);
        return 0;
    }
    const auto options = parse_haproxy_options(arguments);
    if (!options) {
        std::fprintf(stderr, "scrimplb check-haproxy: %s\n%s", options.error().message.c_str(),
                     check_haproxy_help().c_str());
        return 2;
    }
    const auto code = judge_haproxy(*options);
    if (code) return *code;
    std::fprintf(stderr, "scrimplb check-haproxy: %s\n", code.error().message.c_str());
    return 1;
}

}  // namespace scrimp::app
