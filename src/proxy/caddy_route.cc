#include "proxy/caddy_route.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "proxy/caddy_balance.h"

namespace scrimp::proxy {
namespace {

constexpr std::string_view caddy_page_text =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<title>Temporarily unavailable</title>"
    "<style>body{font:1.1em/1.6 system-ui,sans-serif;max-width:32em;margin:20vh auto;"
    "padding:0 1.5em;color:#223;background:#fafafa}h1{font-size:1.5em}"
    "@media(prefers-color-scheme:dark){body{color:#dde;background:#16181d}}</style></head>"
    "<body><h1>Temporarily unavailable</h1>"
    "<p>No server can answer this request right now. Please try again in a moment.</p>"
    "</body></html>";

struct CaddyHeader {
    std::string_view name;
    std::string_view value;
};
// Added only if the application does not send them itself.
// Two years as Mozilla advises; subdomains and preload lists are the owner's to decide.
constexpr CaddyHeader caddy_transport_security = {"Strict-Transport-Security", "max-age=63072000"};
constexpr std::array<CaddyHeader, 3> caddy_security_headers = {{
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "SAMEORIGIN"},
    {"Referrer-Policy", "strict-origin-when-cross-origin"},
}};

/// What backends are told beside what Caddy tells them by itself.
constexpr std::array<CaddyHeader, 2> caddy_told_headers = {{
    {"X-Real-IP", "{http.request.remote.host}"},
    {"X-Request-ID", "{http.request.uuid}"},
}};

/// Headers of an answer that Caddy makes itself, whatever a configuration says.
constexpr std::array<std::string_view, 6> headers_of_caddy = {
    "Connection", "Content-Encoding", "Content-Length", "Date", "Keep-Alive", "Transfer-Encoding"};

/// Below 1024 bytes it saves no packet. Event streams are not in the list.
constexpr std::string_view encode_handler =
    R"({"handler": "encode", "encodings": {"gzip": {}}, "minimum_length": 1024, "match": )"
    R"({"headers": {"Content-Type": ["text/plain*", "text/html*", "text/css*", "text/xml*", )"
    R"("text/javascript*", "application/javascript*", "application/json*", )"
    R"("application/manifest+json*", "application/xml*", "application/rss+xml*", )"
    R"("application/wasm*", "image/svg+xml*"]}}})";

constexpr Duration caddy_connect_timeout = std::chrono::seconds{2};  // Allows for one lost SYN.
constexpr Duration caddy_transfer_timeout = std::chrono::seconds{60};

bool speaks_of(const std::vector<service::Header>& headers, std::string_view name) {
    return std::ranges::any_of(
        headers, [name](const auto& each) { return equal_but_for_case(each.name, name); });
}

std::string caddy_duration(Duration duration) {
    using std::chrono::milliseconds;
    return fmt::format("\"{}ms\"", std::chrono::ceil<milliseconds>(duration).count());
}

std::string only_if_missing(const CaddyHeader& header) {
    return fmt::format(
        R"({{"handler": "headers", "response": {{"deferred": true, "require": {{"headers": )"
        R"({{"{0}": null}}}}, "set": {{"{0}": ["{1}"]}}}}}})",
        header.name, header.value);
}

/// A handler that takes what matches away from those after it.
std::string instead(std::string_view match, std::string_view handler) {
    return fmt::format(
        R"({{"handler": "subroute", "routes": [{{"match": [{}], "handle": [{}], "terminal": true}}]}})",
        match, handler);
}

std::string redirect_to(std::uint16_t status, std::string_view location) {
    return fmt::format(
        R"({{"handler": "static_response", "status_code": {}, "headers": {{"Location": [{}]}}}})",
        status, json_string(location));
}

std::string from_networks(const std::vector<Network>& networks) {
    std::vector<std::string> texts;
    for (const Network& network : networks) texts.push_back(network.text());
    return fmt::format(R"({{"remote_ip": {{"ranges": {}}}}})", json_strings(texts));
}

class RouteWriter {
  public:
    RouteWriter(JsonText& json, const service::Route& route, const std::string& ca, bool plain)
        : json_(json),
          route_(route),
          ca_(ca),
          options_(*route.application.options),
          plain_(plain) {}

    void write() {
        guard();
        redirects();
        if (options_.body_limit_bytes.value_or(0) > 0) body_limit(*options_.body_limit_bytes);
        if (!options_.sticky_cookie.empty()) json_.item(caddy_cookie_attributes(options_, plain_));
        answer();
        proxy();
    }

  private:
    void guard() {
        constexpr std::string_view forbidden =
            R"({"handler": "static_response", "status_code": 403})";
        if (!options_.deny.empty()) json_.item(instead(from_networks(options_.deny), forbidden));
        if (!options_.allow.empty()) {
            json_.item(instead(fmt::format(R"({{"not": [{}]}})", from_networks(options_.allow)),
                               forbidden));
        }
        if (options_.basic_auth.empty()) return;
        std::string accounts;
        for (const auto& [user, hash] : options_.basic_auth) {
            accounts += fmt::format(R"({}{{"username": {}, "password": "{}"}})",
                                    accounts.empty() ? "" : ", ", json_string(user),
                                    base64_encode(std::string_view(hash)));
        }
        // Without the cache each request would cost a bcrypt.
        json_.item(
            fmt::format(R"({{"handler": "authentication", "providers": {{"http_basic": {{"hash": )"
                        R"({{"algorithm": "bcrypt"}}, "accounts": [{}], "hash_cache": {{}}}}}}}})",
                        accounts));
    }

    /// What says its length is refused by it; request_body alone ends the dialogue with the
    /// backend, which is taken for the backend's fault.
    void body_limit(std::uint64_t bytes) {
        constexpr std::string_view length = "{http.request.header.Content-Length}";
        json_.item(instead(
            fmt::format(R"({{"expression": "{0}.matches('^[0-9]{{1,18}}$') && int({0}) > {1}"}})",
                        length, bytes),
            R"({"handler": "static_response", "status_code": 413})"));
        json_.item(fmt::format(R"({{"handler": "request_body", "max_size": {}}})", bytes));
    }

    void redirects() {
        if (options_.www) www();
        for (const auto& [from, to, status] : options_.redirects) {
            json_.item(instead(fmt::format(R"({{"path_regexp": {{"pattern": {}}}}})",
                                           json_string("^" + caddy_pattern(from) + "$")),
                               redirect_to(status, to)));
        }
    }

    /// Only between names that are both the application's.
    void www() {
        const auto& domains = route_.application.domains;
        const std::uint16_t port = route_.application.listen_port;
        const bool usual = port == (plain_ ? 80 : 443);
        for (const auto& domain : domains) {
            const std::string& bare = domain.text();
            const std::string with = "www." + bare;
            const bool both = std::ranges::any_of(
                domains, [&](const service::Domain& each) { return each.text() == with; });
            if (!both) continue;
            const bool add = *options_.www == service::Www::Add;
            json_.item(instead(
                fmt::format(R"({{"host": [{}]}})", json_string(add ? bare : with)),
                redirect_to(
                    301, fmt::format("{}://{}{}{{http.request.uri}}", plain_ ? "http" : "https",
                                     add ? with : bare, usual ? "" : fmt::format(":{}", port)))));
        }
    }

    void answer() {
        if (!plain_ && options_.hsts.value_or(true)) default_header(caddy_transport_security);
        if (options_.security_headers.value_or(true)) {
            for (const auto& header : caddy_security_headers) default_header(header);
        }
        if (!options_.response_headers.empty()) {
            json_.item(
                fmt::format(R"({{"handler": "headers", "response": {{"deferred": true, {}}}}})",
                            changes(options_.response_headers, {})));
        }
        if (options_.compression.value_or(true)) json_.item(encode_handler);
    }

    void default_header(const CaddyHeader& header) {
        if (!speaks_of(options_.response_headers, header.name)) json_.item(only_if_missing(header));
    }

    void proxy() {
        json_.object();
        json_.value("handler", "\"reverse_proxy\"");
        upstreams();
        json_.object("load_balancing");
        json_.value("selection_policy", caddy_selection(options_));
        // Time for two hosts that vanished. As many tries last longer than the ejection below, so a
        // sole backend is met again after it, and end soon where nobody is left. The pause between
        // two is short because a load that falls into it ends the request.
        json_.value("try_duration", "\"6s\"");
        json_.value("try_interval", "\"2ms\"");
        json_.value("retries", "150");
        json_.value("retry_match", R"([{"method": ["GET", "HEAD", "OPTIONS", "DELETE"]}])");
        json_.end();
        json_.value("health_checks", R"({"passive": {"max_fails": 1, "fail_duration": "250ms"}})");
        request_headers();
        transport();
        json_.end();
    }

    void upstreams() {
        json_.list("upstreams");
        for (const service::Upstream* each : caddy_turns(route_.upstreams)) {
            json_.item(fmt::format(R"({{"dial": "{}"}})", each->endpoint.text()));
        }
        json_.end();
    }

    /// As the parts of Caddy's `headers` that set and delete, beside what is set already.
    [[nodiscard]] static std::string changes(const std::vector<service::Header>& headers,
                                             std::string set) {
        std::vector<std::string> gone;
        for (const auto& [name, value] : headers) {
            if (value.empty()) {
                gone.push_back(name);
            } else {
                set += fmt::format(R"({}{}: [{}])", set.empty() ? "" : ", ", json_string(name),
                                   json_string(value));
            }
        }
        return fmt::format(R"("set": {{{}}}, "delete": {})", set, json_strings(gone));
    }

    void request_headers() {
        std::string set;
        for (const auto& [name, value] : caddy_told_headers) {
            if (speaks_of(options_.request_headers, name)) continue;
            set += fmt::format(R"({}"{}": ["{}"])", set.empty() ? "" : ", ", name, value);
        }
        // Without one, Go sends its own.
        auto wanted = options_.request_headers;
        const auto no_agents = std::erase_if(wanted, [](const service::Header& header) {
            return header.value.empty() && equal_but_for_case(header.name, "User-Agent");
        });
        if (no_agents > 0) set += R"(, "User-Agent": [""])";
        json_.value("headers", fmt::format(R"({{"request": {{{}}}}})", changes(wanted, set)));
    }

    void transport() {
        json_.object("transport");
        json_.value("protocol", "\"http\"");
        json_.value("dial_timeout",
                    caddy_duration(options_.connect_timeout.value_or(caddy_connect_timeout)));
        json_.value("read_timeout",
                    caddy_duration(options_.read_timeout.value_or(caddy_transfer_timeout)));
        json_.value("write_timeout",
                    caddy_duration(options_.send_timeout.value_or(caddy_transfer_timeout)));
        // Below the 5 s of Node.js and Apache, so that it is us who closes an idle connection.
        json_.value("keep_alive", R"({"idle_timeout": "4s", "max_idle_conns_per_host": 64})");
        json_.value("compression", "false");  // Answers pass as they are.
        const std::string_view protocol = service::name_of(route_.application.protocol);
        const bool grpc = protocol.starts_with("grpc");
        const bool tls = protocol.ends_with("s");
        json_.value("versions", !grpc ? R"(["1.1"])" : tls ? R"(["2"])" : R"(["h2c", "2"])");
        if (tls) {
            json_.value("tls", fmt::format(R"({{"server_name": "{{http.request.host}}"{}}})",
                                           options_.verify_backend.value_or(false)
                                               ? fmt::format(R"(, "root_ca_pem_files": [{}])",
                                                             json_string(ca_))
                                               : R"(, "insecure_skip_verify": true)"));
        }
        json_.end();
    }

    JsonText& json_;
    const service::Route& route_;
    const std::string& ca_;
    const service::Options& options_;
    bool plain_;
};

}  // namespace

const std::string& caddy_page() {
    static const std::string handler = fmt::format(
        R"({{"handler": "static_response", "status_code": 503, "headers": {{"Content-Type": )"
        R"(["text/html; charset=utf-8"], "Retry-After": ["10"], "Cache-Control": ["no-store"]}}, )"
        R"("body": {}}})",
        json_string(caddy_page_text));
    return handler;
}

std::string caddy_pattern(std::string_view text) {
    std::string pattern;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '/' || c == '-' || c == '_';
        if (!plain) pattern += '\\';
        pattern += c;
    }
    return pattern;
}

void write_caddy_handlers(JsonText& json, const service::Route& route, const std::string& ca,
                          bool plain) {
    RouteWriter(json, route, ca, plain).write();
}

std::optional<std::string> lacks_caddy(const service::Application& application) {
    const service::Options& options = *application.options;
    const std::string_view protocol = service::name_of(application.protocol);
    if (protocol == "tcp" || protocol == "udp") {
        return "protocol: caddy 2.6 passes on HTTP only";
    }
    if (options.proxy_protocol.value_or(false)) {
        return "proxy-protocol: caddy 2.6 cannot send it";
    }
    for (const auto& [user, hash] : options.basic_auth) {
        if (!hash.starts_with("$2")) {
            return "basic-auth: caddy knows bcrypt ($2y$) only, and the hash of '" + user +
                   "' is of another kind";
        }
    }
    for (const std::string_view name : headers_of_caddy) {
        if (speaks_of(options.response_headers, name)) {
            return "response-headers: caddy sets '" + std::string(name) + "' itself";
        }
    }
    const auto balance = options.balance.value_or(service::Balance::RoundRobin);
    const bool keeps_shares =
        balance == service::Balance::RoundRobin || balance == service::Balance::RandomTwo;
    if (options.canary && !keeps_shares) {
        return "canary: caddy keeps to a share with the balance round-robin or random-two only";
    }
    return std::nullopt;
}

}  // namespace scrimp::proxy
