#include "proxy/haproxy.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "proxy/fingerprint.h"
#include "proxy/haproxy_backend.h"
#include "proxy/haproxy_lookup.h"
#include "proxy/haproxy_rules.h"
#include "proxy/haproxy_tls.h"
#include "proxy/nginx_challenge.h"
#include "proxy/nginx_generation.h"
#include "proxy/text.h"

namespace scrimp::proxy {
namespace {

/// Stands between single quotes in HAProxy's syntax, where only a single quote is special.
constexpr std::string_view haproxy_page =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<title>Temporarily unavailable</title>"
    "<style>body{font:1.1em/1.6 system-ui,sans-serif;max-width:32em;margin:20vh auto;"
    "padding:0 1.5em;color:#223;background:#fafafa}h1{font-size:1.5em}"
    "@media(prefers-color-scheme:dark){body{color:#dde;background:#16181d}}</style></head>"
    "<body><h1>Temporarily unavailable</h1>"
    "<p>No server can answer this request right now. Please try again in a moment.</p>"
    "</body></html>";

/// What every such answer has beside the page. Ten seconds: not hammered, and short beside any
/// repair.
constexpr std::string_view haproxy_page_headers = "hdr Retry-After 10 hdr Cache-Control no-store";

/// Places for backends that are to come. A few applications get so many that a hundred joins need
/// no reload; many share 4096, since a place costs 5.6 kB, taken or not: 22 MB in all.
constexpr std::size_t spare_places_max = 128;
constexpr std::size_t spare_places_min = 4;
constexpr std::size_t spare_places_in_all = 4096;

/// No application's: their names have no colon.
constexpr std::string_view challenges_backend = "scrimp:challenges";

constexpr std::string_view no_generation = "0000000000000000";

/// Plain enough to stand in any argument, between parentheses and in a command of the socket.
Result<void> check_haproxy_path(std::string_view what, std::string_view path) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@";
    constexpr std::size_t path_bytes_max = 2000;
    if (!path.starts_with('/') || path.size() > path_bytes_max ||
        path.find_first_not_of(plain) != std::string_view::npos) {
        return fail(
            fmt::format("{}: for haproxy it must be an absolute path of letters, digits and "
                        "/._-+@, at most {} bytes",
                        what, path_bytes_max));
    }
    return {};
}

class HaproxyRenderer {
  public:
    HaproxyRenderer(const service::RoutingTable& table, const RenderOptions& options)
        : table_(table), options_(options), names_(haproxy_backend_names(routes_of(table))) {
        for (std::size_t i = 0; i < table_.routes.size(); ++i) {
            const auto& application = table_.routes[i].application;
            if (application.protocol == service::Protocol::Tcp) {
                streams_.emplace(application.listen_port, i);
            } else {
                ports_[application.listen_port].learn(application);
            }
        }
        if (!streams_.contains(options_.https_port)) ports_[options_.https_port];
    }

    [[nodiscard]] Rendered render() {
        text_.reserve(8192 + 512 * table_.routes.size());
        text_.line("# Written by Scrimp LB and overwritten with the next change: do not edit.");
        line_of_generation(generation_words, ".");
        write_haproxy_fallback(text_, options_);
        text_.blank();
        text_.line("# Not comments: HAProxy reads these lines as a map.");
        line_of_generation(fmt::format(" {} ", haproxy_generation_key), "");
        write_haproxy_map(text_, table_, names_);
        text_.blank();
        defaults();
        if (options_.http_port != 0) plain_frontend();
        for (const auto& [port, facts] : ports_) {
            if (port != options_.http_port) tls_frontend(port, facts);
        }
        for (const auto& [port, route] : streams_) {
            if (port != options_.http_port) stream_frontend(port, route);
        }
        for (std::size_t i = 0; i < table_.routes.size(); ++i) backend(i);
        if (options_.http_port != 0 && !options_.challenge_socket.empty()) challenge_backend();
        // The text names its own generation, so the fingerprint is of the text with zeros there.
        Rendered rendered{.text = text_.take(), .generation = {}};
        rendered.generation = fingerprint(rendered.text).substr(0, generation_digits);
        for (const std::size_t at : generation_at_) {
            rendered.text.replace(at, generation_digits, rendered.generation);
        }
        return rendered;
    }

  private:
    void line_of_generation(std::string_view before, std::string_view after) {
        text_.line(fmt::format("{}{}{}", before, no_generation, after));
        generation_at_.push_back(text_.size() - 1 - after.size() - generation_digits);
    }

    void section(std::string_view head) {
        text_.blank();
        text_.line(head);
    }
    void rule(std::string_view words) { text_.line(fmt::format("    {}", words)); }

    void defaults() {
        text_.line(fmt::format("defaults {}", haproxy_defaults));
        rule("mode http");
        rule("log global");
        rule("option httplog");
        rule("option dontlognull");
        rule("option forwardfor");
        rule("option idle-close-on-response");
        // A private network connects in milliseconds; 2 s allow for one lost SYN.
        rule("timeout connect 2s");
        rule("timeout client 60s");
        rule("timeout server 60s");
        rule("timeout http-request 60s");  // nginx's time for the header of a request.
        rule("timeout http-keep-alive 75s");
        rule("timeout tunnel 1h");  // A WebSocket that is silent.
        // Whoever meets five dead in a row waits for gossip.
        rule("retries 5");
        rule("option redispatch 1");
        rule("retry-on conn-failure empty-response");
        for (const int status : {502, 503, 504}) {
            rule(fmt::format("http-error status {} content-type text/html string '{}' {}", status,
                             haproxy_page, haproxy_page_headers));
        }
        section(fmt::format("defaults {} from {}", haproxy_compressed, haproxy_defaults));
        rule("compression algo gzip");
        rule(
            "compression type text/plain text/css text/xml text/javascript application/javascript"
            " application/json application/manifest+json application/xml application/rss+xml"
            " application/wasm image/svg+xml");
        if (!streams_.empty()) stream_defaults();
    }

    void stream_defaults() {
        section(fmt::format("defaults {}", haproxy_stream));
        rule("mode tcp");
        rule("log global");
        rule("option tcplog");
        rule("option dontlognull");
        rule("timeout connect 2s");
        rule("timeout client 10m");  // nginx's time for a silent connection.
        rule("timeout server 10m");
        rule("retries 5");
        rule("option redispatch 1");
    }

    void bind(std::uint16_t port, std::string_view parameters) {
        rule(fmt::format("bind :{}{}", port, parameters));
        if (options_.ipv6) rule(fmt::format("bind [::]:{} v6only{}", port, parameters));
    }

    void pass_on(bool tls, const HaproxyPort& facts) {
        rule("http-request disable-l7-retry if { method POST LOCK PATCH }");
        rule("http-request set-header X-Real-IP %[src]");
        rule(fmt::format("http-request set-header X-Forwarded-Proto {}", tls ? "https" : "http"));
        rule("http-request set-header X-Forwarded-Host %[req.hdr(host)]");
        rule("http-request set-header X-Request-ID %[uuid()]");
        write_haproxy_default_headers(text_, tls, facts.own_headers);
        rule("use_backend %[var(txn.scrimp_to)]");
    }

    /// Whatever domain an application claims, the question for the generation finds its answer.
    void generation_rules() {
        const std::string asked = fmt::format("{{ path {} }}", generation_path);
        const std::string local = "{ src 127.0.0.0/8 ::1 }";
        rule(fmt::format("http-request set-log-level silent if {}", asked));
        rule(fmt::format("http-request return status 404 if {} !{}", asked, local));
        rule(
            fmt::format("http-request return status 200 content-type text/plain "
                        "lf-string \"%[str('{}'),map({})]\\n\" if {}",
                        haproxy_generation_key, options_.target_path, asked));
    }

    void plain_frontend() {
        section(fmt::format("frontend scrimp_{} from scrimp_defaults", options_.http_port));
        bind(options_.http_port, "");
        generation_rules();
        const auto found = ports_.find(options_.http_port);
        const HaproxyPort facts = found == ports_.end() ? HaproxyPort{} : found->second;
        const bool challenges = !options_.challenge_socket.empty();
        const bool serves = found != ports_.end() || challenges;
        write_haproxy_lookup(text_, options_.http_port, facts, options_.target_path);
        if (challenges) challenge_rule(facts);
        rule(fmt::format("http-request redirect code 301 location {}%[pathq]{}{}", to_https(),
                         serves ? " if " : "", serves ? haproxy_unserved(facts) : ""));
        if (serves) pass_on(false, facts);
    }

    /// Where a request for plain HTTP is sent, up to its path.
    [[nodiscard]] std::string to_https() const {
        const auto port =
            options_.https_port == 443 ? std::string() : fmt::format(":{}", options_.https_port);
        return "https://%[var(txn.scrimp_host)]" + port;
    }

    /// Challenges of domains that no application serves here itself are the daemon's to answer.
    void challenge_rule(const HaproxyPort& facts) {
        rule(fmt::format(
            "http-request set-var(txn.scrimp_to) str('{}') if {} {{ path_beg {} }} "
            "{{ nbsrv({}) gt 0 }}",
            challenges_backend, haproxy_unserved(facts), challenge_path, challenges_backend));
    }

    /// What the daemon does not hold goes on to HTTPS, as it would without it. The check sees where
    /// it cannot be reached at all: a chroot, say.
    void challenge_backend() {
        section(fmt::format("backend {} from {}", challenges_backend, haproxy_defaults));
        rule("timeout connect 1s");
        rule("timeout server 3s");
        rule("http-request set-var(txn.scrimp_asked) pathq");
        rule(
            fmt::format("http-response redirect code 301 location {}%[var(txn.scrimp_asked)] "
                        "if !{{ status 200 }}",
                        to_https()));
        // The daemon takes 16 connections at once.
        rule(fmt::format("server daemon unix@{} maxconn 8 check inter 10s fastinter 1s",
                         options_.challenge_socket));
    }

    void tls_frontend(std::uint16_t port, const HaproxyPort& facts) {
        section(fmt::format("frontend scrimp_{} from scrimp_defaults", port));
        bind(port, haproxy_tls(options_, facts.domains));
        write_haproxy_lookup(text_, port, facts, options_.target_path);
        rule(
            fmt::format("http-request return status 503 content-type text/html string '{}' {} "
                        "if {}",
                        haproxy_page, haproxy_page_headers, haproxy_unserved(facts)));
        pass_on(true, facts);
    }

    /// Whatever comes to the port is the application's.
    void stream_frontend(std::uint16_t port, std::size_t route) {
        section(fmt::format("frontend scrimp_{} from {}", port, haproxy_stream));
        bind(port, "");
        if (const auto& silence = table_.routes[route].application.options->read_timeout) {
            rule(fmt::format("timeout client {}", haproxy_duration(*silence)));
        }
        rule(fmt::format("default_backend {}", names_[route]));
    }

    void backend(std::size_t index) {
        const auto& route = table_.routes[index];
        write_haproxy_backend(
            text_, {.name = names_[index],
                    .route = route,
                    .spare_places = std::clamp(spare_places_in_all / table_.routes.size(),
                                               spare_places_min, spare_places_max),
                    .tls = route.application.listen_port != options_.http_port,
                    .ca_path = options_.backend_ca_path});
    }

    const service::RoutingTable& table_;
    const RenderOptions& options_;
    std::vector<std::string> names_;                ///< Of backends, one a route.
    std::map<std::uint16_t, HaproxyPort> ports_;    ///< Where HTTP is spoken.
    std::map<std::uint16_t, std::size_t> streams_;  ///< By port, the route of whose it is.
    Text text_;
    std::vector<std::size_t> generation_at_;  ///< Where the text names its generation.
};

}  // namespace

std::vector<std::string> haproxy_backend_names(const Routes& routes) {
    std::vector<std::string> names;
    std::set<std::string> used;
    for (const service::Route* route : routes) {
        const std::string name = "scrimp_" + route->application.name.folded();
        std::string unique = name;
        for (int n = 2; !used.insert(unique).second; ++n) unique = fmt::format("{}_{}", name, n);
        names.push_back(std::move(unique));
    }
    return names;
}

Result<Rendered> render_haproxy(const service::RoutingTable& table, const RenderOptions& options) {
    if (options.https_port == 0) return fail("https-port: haproxy needs one, 1 to 65535");
    if (options.http_port == options.https_port) {
        return fail(fmt::format("http-port and https-port are both {}; they must differ",
                                options.http_port));
    }
    const std::string& chain = options.tls_chain_path;
    if (auto plain = check_haproxy_path("tls-chain-location", chain); !plain) {
        return tl::unexpected(plain.error());
    }
    if (options.tls_key_path != chain && options.tls_key_path != chain + ".key") {
        return fail(
            fmt::format("tls-key-location: haproxy looks for the key in {} itself or in "
                        "{}.key; name one of them, a symbolic link will do",
                        chain, chain));
    }
    if (auto plain = check_haproxy_path("generator-target", options.target_path); !plain) {
        return tl::unexpected(plain.error());
    }
    if (options.certificates) {
        for (const Certificate& certificate : options.certificates->all()) {
            if (auto plain = check_haproxy_path("state-dir", certificate.chain_path); !plain) {
                return tl::unexpected(plain.error());
            }
        }
    }
    return HaproxyRenderer(table, options).render();
}

}  // namespace scrimp::proxy
