#include "proxy/haproxy_rules.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"

namespace scrimp::proxy {
namespace {

using service::Options;

/// A header that is added only if the application does not send it itself.
struct MissingHeader {
    std::string_view name;
    std::string_view value;
    bool hsts;
};
constexpr std::array<MissingHeader, 4> missing_headers = {{
    // Two years as Mozilla advises; subdomains and preload lists are the owner's to decide.
    {"Strict-Transport-Security", "max-age=63072000", true},
    {"X-Content-Type-Options", "nosniff", false},
    {"X-Frame-Options", "SAMEORIGIN", false},
    {"Referrer-Policy", "strict-origin-when-cross-origin", false},
}};

/// HAProxy takes 64 words a line.
constexpr std::size_t words_per_line = 32;

void rule(Text& text, std::string_view words) {
    text.line(fmt::format("    {}", words));
}

void add_if_missing(Text& text, const MissingHeader& header, std::string_view also) {
    rule(text, fmt::format("http-response set-header {} {} if !{{ res.hdr({}) -m found }}{}",
                           header.name, header.value, header.name, also));
}

/// The same where HAProxy expands variables, which begin with a percent sign.
std::string haproxy_literal(std::string_view text) {
    std::string doubled;
    for (const char c : text) doubled.append(c == '%' ? 2 : 1, c);
    return haproxy_quoted(doubled);
}

/// `acl NAME TEST word word …`, as often as there are words for: lines of one name are one list.
void write_list(Text& text, std::string_view head, const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); i += words_per_line) {
        std::string line(head);
        const std::size_t end = std::min(words.size(), i + words_per_line);
        for (std::size_t at = i; at < end; ++at) line += " " + words[at];
        rule(text, line);
    }
}

std::vector<std::string> texts_of(const std::vector<Network>& networks) {
    std::vector<std::string> texts;
    texts.reserve(networks.size());
    for (const Network& network : networks) texts.push_back(network.text());
    return texts;
}

/// `refusal` is a rule of HAProxy's without its condition.
void write_access(Text& text, const Options& options, std::string_view refusal) {
    write_list(text, "acl scrimp_denied src", texts_of(options.deny));
    write_list(text, "acl scrimp_allowed src", texts_of(options.allow));
    if (!options.deny.empty()) rule(text, fmt::format("{} if scrimp_denied", refusal));
    if (!options.allow.empty()) rule(text, fmt::format("{} unless scrimp_allowed", refusal));
}

bool is_served(const std::vector<service::Domain>& domains, std::string_view host) {
    const auto has = [&domains](std::string_view wanted) {
        return std::ranges::any_of(
            domains, [wanted](const auto& domain) { return domain.text() == wanted; });
    };
    if (has(host)) return true;
    for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
        if (has("*" + std::string(host.substr(dot)))) return true;
    }
    return false;
}

/// Hosts that are sent to their namesake with or without `www.`, which is ours as well.
std::vector<std::string> sent_away(const std::vector<service::Domain>& domains, service::Www www) {
    constexpr std::string_view prefix = "www.";
    std::set<std::string> hosts;
    for (const auto& domain : domains) {
        const std::string& host = domain.text();
        if (host.starts_with('*')) continue;
        const std::string bare = host.starts_with(prefix) ? host.substr(prefix.size()) : host;
        const std::string full = std::string(prefix) + bare;
        if (!is_served(domains, bare) || !is_served(domains, full)) continue;
        hosts.insert(www == service::Www::Add ? bare : full);
    }
    return {hosts.begin(), hosts.end()};
}

void write_redirects(Text& text, const service::Application& application, bool tls) {
    const Options& options = *application.options;
    const std::uint16_t usual = tls ? 443 : 80;
    if (options.www) {
        const auto hosts = sent_away(application.domains, *options.www);
        write_list(text, "acl scrimp_namesake var(txn.scrimp_host) -m str", hosts);
        const auto port = application.listen_port == usual
                              ? std::string()
                              : fmt::format(":{}", application.listen_port);
        if (!hosts.empty()) {
            rule(text, fmt::format("http-request redirect code 301 location {}://{}{}%[pathq] if "
                                   "scrimp_namesake",
                                   tls ? "https" : "http",
                                   *options.www == service::Www::Add
                                       ? "www.%[var(txn.scrimp_host)]"
                                       : "%[var(txn.scrimp_host),regsub(^www[.],)]",
                                   port));
        }
    }
    for (const auto& redirect : options.redirects) {
        rule(text,
             fmt::format(
                 "http-request redirect code {} location {} if {{ path,url_dec -m str {} }}",
                 redirect.status, haproxy_literal(redirect.to), haproxy_quoted(redirect.from)));
    }
}

/// What has no length, which can grow beyond the limit, is refused: HAProxy cannot stop it later.
void write_body_limit(Text& text, std::uint64_t bytes) {
    constexpr std::string_view refusal =
        "http-request return status 411 content-type text/plain string 'Length Required' if";
    rule(text, fmt::format("{} {{ req.hdr(transfer-encoding) -m found }}", refusal));
    rule(text, fmt::format("{} {{ fc_http_major 2 }} !{{ req.hdr(content-length) -m found }} "
                           "!{{ method GET HEAD OPTIONS DELETE CONNECT }}",
                           refusal));
    rule(text,
         fmt::format("http-request deny deny_status 413 if {{ req.body_size gt {} }}", bytes));
}

void write_headers(Text& text, std::string_view of, std::span<const service::Header> headers) {
    for (const auto& header : headers) {
        if (header.value.empty()) {
            rule(text, fmt::format("{} del-header {}", of, header.name));
        } else {
            rule(text, fmt::format("{} set-header {} {}", of, header.name,
                                   haproxy_literal(header.value)));
        }
    }
}

bool is_unwanted(const Options& options, const MissingHeader& header) {
    const bool removed = std::ranges::any_of(options.response_headers, [&](const auto& said) {
        return said.value.empty() && equal_but_for_case(said.name, header.name);
    });
    return removed || !(header.hsts ? options.hsts : options.security_headers).value_or(true);
}

}  // namespace

std::string haproxy_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'') {
            quoted += "'\\''";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

void write_haproxy_default_headers(Text& text, bool tls, bool but_for_own) {
    const std::string also =
        but_for_own ? fmt::format(" !{{ {} -m found }}", haproxy_own_headers) : std::string();
    for (const auto& header : missing_headers) {
        if (tls || !header.hsts) add_if_missing(text, header, also);
    }
}

bool haproxy_has_own_headers(const service::Application& application) {
    return std::ranges::any_of(missing_headers, [&](const MissingHeader& header) {
        return is_unwanted(*application.options, header);
    });
}

void write_haproxy_users(Text& text, std::string_view name, const Options& options) {
    if (options.basic_auth.empty()) return;
    text.blank();
    text.line(fmt::format("userlist {}", name));
    for (const auto& who : options.basic_auth) {
        rule(text, fmt::format("user {} password {}", haproxy_quoted(who.user),
                               haproxy_quoted(who.hash)));
    }
}

void write_haproxy_rules(Text& text, std::string_view name, const service::Application& application,
                         bool tls) {
    const Options& options = *application.options;
    write_access(text, options, "http-request deny deny_status 403");
    write_redirects(text, application, tls);
    if (!options.basic_auth.empty()) {
        rule(text, fmt::format("http-request auth realm {} unless {{ http_auth({}) }}",
                               application.name.text(), name));
    }
    if (options.body_limit_bytes.value_or(0) != 0)
        write_body_limit(text, *options.body_limit_bytes);
    write_headers(text, "http-request", options.request_headers);
    write_headers(text, "http-response", options.response_headers);
    if (!haproxy_has_own_headers(application)) return;
    rule(text, "http-request set-var(txn.scrimp_own_headers) bool(true)");
    for (const auto& header : missing_headers) {
        if ((tls || !header.hsts) && !is_unwanted(options, header))
            add_if_missing(text, header, "");
    }
}

void write_haproxy_stream_rules(Text& text, const Options& options) {
    write_access(text, options, "tcp-request content reject");
}

}  // namespace scrimp::proxy
