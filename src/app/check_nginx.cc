#include "app/check_nginx.h"

#include <cstdio>
#include <fstream>
#include <iterator>

#include "app/nginx_shadow.h"
#include "app/nginx_syntax.h"
#include "app/port_holder.h"
#include "app/proxy_check.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace scrimp::app {
namespace {

struct Options {
    std::string nginx = "nginx";
    std::string main = "/etc/nginx/nginx.conf";
    std::string prefix;
    std::string candidate;
    std::string target;
};

Result<Options> parse(const std::vector<std::string>& arguments) {
    Options options;
    const auto parsed = parse_check_words(
        arguments,
        {{"--nginx", &options.nginx}, {"--main", &options.main}, {"--prefix", &options.prefix}},
        options.candidate, options.target);
    if (!parsed) return tl::unexpected(parsed.error());
    return options;
}

/// `nginx -t` does not mind a port that is taken; the reload would fail over it. A sentence if a
/// port of the candidate belongs to a program that is not nginx, else empty.
std::string taken_port(const Options& options) {
    std::ifstream in(options.candidate, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    std::vector<ListenPort> ports;
    for (const auto& listen : find_nginx_directives(text, "listen")) {
        if (listen.parameters.empty()) continue;
        const std::string& address = listen.parameters[0];
        const auto colon = address.rfind(':');
        const auto port =
            parse_port(colon == std::string::npos ? address : address.substr(colon + 1));
        if (port) ports.push_back({.number = *port, .ipv6 = address.starts_with("[")});
    }
    return taken_port_of(ports, "nginx", options.nginx);
}

/// What to do about the complaints that a healthy table can meet.
std::string_view remedy_for(std::string_view output) {
    const auto says = [output](std::string_view text) {
        return output.find(text) != std::string_view::npos;
    };
    if (says("a duplicate default server")) {
        return "Another server is the default server of a port that Scrimp LB answers on. Debian's "
               "default site is one: remove /etc/nginx/sites-enabled/default, or take "
               "'default_server' out of the file that nginx names.";
    }
    if (says("\"server_names_hash_bucket_size\" directive is duplicate")) {
        return "A long domain needs a larger server_names_hash_bucket_size, which Scrimp LB then "
               "sets itself: take yours out of nginx's configuration.";
    }
    return {};
}

/// A minute: longer than most downloads take, and on a small machine with a change a minute, which
/// is many, never more than two generations of workers beside the one that serves.
constexpr const char* unbounded_workers =
    "%s does not set worker_shutdown_timeout: after each reload the old workers stay, with all "
    "their memory, for as long as one connection to them does, a WebSocket for days. Put "
    "'worker_shutdown_timeout 60s;' into its main block, outside of http.\n";

Result<int> judge(const Options& options) {
    // nginx takes a relative main file from its prefix, not from the working directory.
    const bool from_prefix = !options.prefix.empty() && !options.main.starts_with("/");
    NginxShadow shadow(from_prefix ? options.prefix + "/" + options.main : options.main,
                       options.candidate, options.target);
    const auto main = shadow.build();
    if (!main) return tl::unexpected(main.error());
    std::vector<std::string> argv = {options.nginx, "-t", "-q", "-e", "stderr", "-c", *main};
    if (!options.prefix.empty()) argv.insert(argv.end(), {"-p", options.prefix});
    const auto judgement = run_proxy_check(argv, "nginx");
    if (!judgement) return tl::unexpected(judgement.error());
    std::fputs(shadow.with_original_names(judgement->output).c_str(), stderr);
    if (judgement->status == 0) {
        if (const std::string taken = taken_port(options); !taken.empty()) return fail(taken);
        if (!shadow.bounds_old_workers()) {
            std::fprintf(stderr, unbounded_workers, options.main.c_str());
        }
        return 0;
    }
    if (const auto remedy = remedy_for(judgement->output); !remedy.empty()) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(remedy.size()), remedy.data());
    }
    return 1;
}

}  // namespace

std::string check_nginx_help() {
    return "usage: scrimplb check-nginx [--nginx PATH] [--main PATH] [--prefix PATH] "
           "CANDIDATE TARGET\n"
           "\n"
           "Asks the real nginx whether it would accept its configuration with the file CANDIDATE\n"
           "in the place of the file TARGET. Nothing that runs is touched.\n"
           "\n"
           "  --nginx PATH    nginx's executable (default: nginx)\n"
           "  --main PATH     nginx's main file (default: /etc/nginx/nginx.conf)\n"
           "  --prefix PATH   nginx's prefix, as its option -p\n";
}

int check_nginx(const std::vector<std::string>& arguments) {
    if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) {
        std::fputs(check_nginx_help().c_str(), stdout);
        return 0;
    }
    const auto options = parse(arguments);
    if (!options) {
        std::fprintf(stderr, "scrimplb check-nginx: %s\n%s", options.error().message.c_str(),
                     check_nginx_help().c_str());
        return 2;
    }
    const auto code = judge(*options);
    if (code) return *code;
    std::fprintf(stderr, "scrimplb check-nginx: %s\n", code.error().message.c_str());
    return 1;
}

}  // namespace scrimp::app
