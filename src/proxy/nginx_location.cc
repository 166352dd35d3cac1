#include "proxy/nginx_location.h"

#include <fmt/format.h>

#include "proxy/nginx_variables.h"

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

}  // namespace

void write_proxying(Text& text, std::string_view to, std::string_view otherwise, bool plain) {
    for (const auto& header : default_headers()) {
        if (plain && header.tls_only) continue;
        text.line(fmt::format("add_header {} {} always;", header.name, header.variable));
    }
    text.line("gzip on;");
    text.line("gzip_vary on;");
    text.line("gzip_proxied any;");
    text.line("gzip_min_length 1024;");  // Below, it saves no packet.
    text.line(
        "gzip_types text/plain text/css text/xml text/javascript application/javascript"
        " application/json application/manifest+json application/xml application/rss+xml"
        " application/wasm image/svg+xml;");
    text.open("location /");
    if (!otherwise.empty()) {
        text.open(fmt::format("if ({} = '')", to));
        text.line(otherwise);
        text.close();
    }
    text.line(fmt::format("proxy_pass {};", to));
    text.line("proxy_ssl_server_name on;");
    text.line("proxy_ssl_name $host;");
    text.line("proxy_http_version 1.1;");
    text.line("proxy_set_header Host $host$scrimp_port;");
    text.line("proxy_set_header Connection $scrimp_connection;");
    text.line("proxy_set_header Upgrade $http_upgrade;");
    text.line("proxy_set_header X-Real-IP $remote_addr;");
    text.line("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;");
    text.line("proxy_set_header X-Forwarded-Proto $scheme;");
    text.line("proxy_set_header X-Forwarded-Host $host$scrimp_port;");
    text.line("proxy_set_header X-Request-ID $request_id;");
    // A private network connects in milliseconds; 2 s allow for one lost SYN.
    text.line("proxy_connect_timeout 2s;");
    text.line("proxy_next_upstream error timeout;");
    text.line("proxy_next_upstream_tries 0;");
    // Time for two hosts that vanished; a slow answer (60 s by default) is not asked for twice.
    text.line("proxy_next_upstream_timeout 6s;");
    text.line("error_page 502 503 504 =503 @scrimp_unavailable;");
    text.close();
    text.open("location @scrimp_unavailable");
    text.line("default_type text/html;");
    text.line(fmt::format("add_header Retry-After {} always;", retry_after_seconds));
    text.line("add_header Cache-Control no-store always;");
    text.line(fmt::format("return 503 '{}';", unavailable_page));
    text.close();
}

}  // namespace scrimp::proxy
