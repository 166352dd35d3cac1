#include "proxy/nginx_location.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"
#include "proxy/nginx_domains.h"
#include "proxy/nginx_variables.h"
#include "proxy/nginx_word.h"

namespace scrimp::proxy {
namespace {

/// Stands between single quotes in nginx's syntax: no quote, no backslash and no dollar in it.
constexpr std::string_view unavailable_page =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<title>Temporarily unavailable</title>"
    "<style>body{font:1.1em/1.6 system-ui,sans-serif;max-width:32em;margin:20vh auto;"
    "padding:0 1.5em;color:#223;background:#fafafa}h1{font-size:1.5em}"
    "@media(prefers-color-scheme:dark){body{color:#dde;background:#16181d}}</style></head>"
    "<body><h1>Temporarily unavailable</h1>"
    "<p>No server can answer this request right now. Please try again in a moment.</p>"
    "</body></html>";

/// Long enough not to be hammered by polite clients, short beside any repair.
constexpr int retry_after_seconds = 10;

/// A header that a backend is shown, unless the application has it otherwise.
struct ShownHeader {
    std::string_view name;
    std::string_view value;
};
constexpr std::array<ShownHeader, 8> shown_headers = {{
    {"Host", "$host$scrimp_port"},
    {"Connection", "$scrimp_connection"},
    {"Upgrade", "$http_upgrade"},
    {"X-Real-IP", "$remote_addr"},
    {"X-Forwarded-For", "$proxy_add_x_forwarded_for"},
    {"X-Forwarded-Proto", "$scheme"},
    {"X-Forwarded-Host", "$host$scrimp_port"},
    {"X-Request-ID", "$request_id"},
}};

/// A private network connects in milliseconds; 2 s allow for one lost SYN.
constexpr Duration usual_connect_timeout = std::chrono::seconds{2};
/// Time for two hosts that vanished; a slow answer (60 s by default) is not asked for twice.
constexpr int tries_worth_of_connecting = 3;
/// A server's certificate and those between it and the authority's.
constexpr int certificates_between_max = 3;

bool names(const std::vector<service::Header>& headers, std::string_view name) {
    return std::ranges::any_of(
        headers, [name](const auto& each) { return equal_but_for_case(each.name, name); });
}

bool speaks_tls(const service::Application& application) {
    return application.protocol == service::Protocol::Https ||
           application.protocol == service::Protocol::Grpcs;
}

void write_gzip(Text& text) {
    text.line("gzip on;");
    text.line("gzip_vary on;");
    text.line("gzip_proxied any;");
    text.line("gzip_min_length 1024;");  // Below, it saves no packet.
    text.line(
        "gzip_types text/plain text/css text/xml text/javascript application/javascript"
        " application/json application/manifest+json application/xml application/rss+xml"
        " application/wasm image/svg+xml;");
}

constexpr std::string_view events_location = "@scrimp_events";
constexpr std::string_view unbuffered = "proxy_buffering off;";

/// Events are to be passed on at once, and nginx would wait for more of them. The only word for it,
/// proxy_buffering, knows no variables; so a request for events goes on in another location.
void write_if_events(Text& text, std::string_view location) {
    text.open("if ($scrimp_events)");
    text.line("return 418;");
    text.close();
    text.line(fmt::format("error_page 418 = {};", location));
    text.line("recursive_error_pages on;");  // Else nobody would get the page from there.
}

class PlaceWriter {
  public:
    PlaceWriter(Text& text, const NginxPlace& place)
        : text_(text),
          place_(place),
          options_(*place.application.options),
          module_(is_grpc(place.application) ? "grpc" : "proxy") {}

    void write() {
        const bool asks_events = !is_grpc(place_.application) && !is_named();
        text_.open(head());
        redirects();
        if (asks_events) write_if_events(text_, events());
        proxying();
        text_.close();
        if (!asks_events) return;
        text_.open(fmt::format("location {}", events()));
        text_.line(unbuffered);
        proxying();
        text_.close();
    }

  private:
    [[nodiscard]] bool is_named() const { return place_.path.starts_with('@'); }
    [[nodiscard]] std::string events() const {
        return fmt::format("{}_{}", events_location, place_.number);
    }

    void redirects() {
        www();
        for (const auto& [from, to, status] : options_.redirects) {
            text_.open(fmt::format("if ($uri = {})", nginx_quoted(from)));
            text_.line(fmt::format("return {} {};", status, nginx_quoted(to)));
            text_.close();
        }
        if (!options_.redirects.empty()) text_.line("absolute_redirect off;");
    }

    void proxying() {
        for (const auto& network : options_.deny) text_.line("deny " + network.text() + ";");
        for (const auto& network : options_.allow) text_.line("allow " + network.text() + ";");
        if (!options_.allow.empty()) text_.line("deny all;");
        answer_headers();
        if (options_.compression.value_or(true)) {
            write_gzip(text_);
        } else {
            text_.line("gzip off;");
        }
        request();
        backend_tls();
        write_if_unavailable(text_);
    }

    [[nodiscard]] std::string head() const {
        if (is_named()) return fmt::format("location {}", place_.path);
        if (place_.path == "/") return "location /";
        const bool ends = place_.path.ends_with('/');
        return fmt::format("location ~ \"^{}{}\"", nginx_pattern(place_.path), ends ? "" : "(/|$)");
    }

    void line_of(std::string_view directive, std::string_view value) {
        text_.line(fmt::format("{}_{} {};", module_, directive, value));
    }

    /// Only between names that are both the application's, so that nobody is sent where none is.
    void www() {
        if (!options_.www) return;
        const auto& domains = place_.application.domains;
        for (const auto& domain : domains) {
            const auto with = service::Domain::parse("www." + domain.text());
            if (!with || !std::ranges::binary_search(domains, *with)) continue;
            const bool add = *options_.www == service::Www::Add;
            text_.open(fmt::format("if ($host = {})", add ? domain.text() : with->text()));
            text_.line(fmt::format("return 301 $scheme://{}$scrimp_port$request_uri;",
                                   add ? with->text() : domain.text()));
            text_.close();
        }
    }

    void answer_headers() {
        for (const auto& header : default_headers()) {
            const bool wanted = header.tls_only ? !place_.plain && options_.hsts.value_or(true)
                                                : options_.security_headers.value_or(true);
            if (!wanted || names(options_.response_headers, header.name)) continue;
            text_.line(fmt::format("add_header {} {} always;", header.name, header.variable));
        }
        for (const auto& [name, value] : options_.response_headers) {
            line_of("hide_header", name);
            if (value.empty()) continue;
            text_.line(fmt::format("add_header {} {} always;", name, nginx_quoted(value)));
        }
        if (place_.set_cookie.empty()) return;
        text_.line(fmt::format("add_header Set-Cookie {} always;", place_.set_cookie));
    }

    void request() {
        // A stream of gRPC has no length to bound.
        const auto limit = is_grpc(place_.application) ? options_.body_limit_bytes.value_or(0)
                                                       : options_.body_limit_bytes;
        if (limit) text_.line(fmt::format("client_max_body_size {};", *limit));
        line_of("pass", place_.to);
        if (!is_grpc(place_.application)) text_.line("proxy_http_version 1.1;");
        for (const auto& [name, value] : shown_headers) {
            // An upgrade is HTTP/1.1's own.
            const bool upgrade = name == "Connection" || name == "Upgrade";
            if (upgrade && is_grpc(place_.application)) continue;
            if (names(options_.request_headers, name)) continue;
            line_of("set_header", fmt::format("{} {}", name, value));
        }
        for (const auto& [name, value] : options_.request_headers) {
            line_of("set_header", fmt::format("{} {}", name, nginx_quoted(value)));
        }
        const Duration connect = options_.connect_timeout.value_or(usual_connect_timeout);
        line_of("connect_timeout", nginx_time(connect));
        line_of("next_upstream", "error timeout");
        line_of("next_upstream_tries", "0");
        line_of("next_upstream_timeout", nginx_time(connect * tries_worth_of_connecting));
        if (options_.read_timeout) line_of("read_timeout", nginx_time(*options_.read_timeout));
        if (!options_.send_timeout) return;
        line_of("send_timeout", nginx_time(*options_.send_timeout));
        text_.line(fmt::format("client_body_timeout {};", nginx_time(*options_.send_timeout)));
    }

    void backend_tls() {
        if (!speaks_tls(place_.application)) return;
        line_of("ssl_server_name", "on");
        line_of("ssl_name", "$host");
        if (!options_.verify_backend.value_or(false)) return;
        line_of("ssl_verify", "on");
        line_of("ssl_verify_depth", std::to_string(certificates_between_max));
        line_of("ssl_trusted_certificate", place_.ca);
    }

    Text& text_;
    const NginxPlace& place_;
    const service::Options& options_;
    std::string_view module_;  ///< Of nginx's; what both know, they call the same.
};

}  // namespace

void write_proxying(Text& text, std::string_view to, std::string_view otherwise, bool plain) {
    for (const auto& header : default_headers()) {
        if (plain && header.tls_only) continue;
        text.line(fmt::format("add_header {} {} always;", header.name, header.variable));
    }
    write_gzip(text);
    write_forwarding(text, "/", to, otherwise);
    write_forwarding(text, events_location, to, "");
    write_unavailable(text);
}

void write_forwarding(Text& text, std::string_view location, std::string_view to,
                      std::string_view otherwise) {
    text.open(fmt::format("location {}", location));
    if (!otherwise.empty()) {
        text.open(fmt::format("if ({} = '')", to));
        text.line(otherwise);
        text.close();
    }
    if (location == "/") write_if_events(text, events_location);
    if (location == events_location) text.line(unbuffered);
    text.line(fmt::format("proxy_pass {};", to));
    text.line("proxy_ssl_server_name on;");
    text.line("proxy_ssl_name $host;");
    text.line("proxy_http_version 1.1;");
    for (const auto& [name, value] : shown_headers) {
        text.line(fmt::format("proxy_set_header {} {};", name, value));
    }
    text.line("proxy_connect_timeout 2s;");
    text.line("proxy_next_upstream error timeout;");
    text.line("proxy_next_upstream_tries 0;");
    text.line("proxy_next_upstream_timeout 6s;");
    write_if_unavailable(text);
    text.close();
}

void write_place(Text& text, const NginxPlace& place) {
    PlaceWriter(text, place).write();
}

void write_if_unavailable(Text& text) {
    text.line("error_page 502 503 504 =503 @scrimp_unavailable;");
}

void write_unavailable(Text& text) {
    text.open("location @scrimp_unavailable");
    text.line("default_type text/html;");
    text.line(fmt::format("add_header Retry-After {} always;", retry_after_seconds));
    text.line("add_header Cache-Control no-store always;");
    text.line(fmt::format("return 503 '{}';", unavailable_page));
    text.close();
}

}  // namespace scrimp::proxy
