#include "proxy/nginx_variables.h"

#include <array>

#include <fmt/format.h>

namespace scrimp::proxy {
namespace {

constexpr std::array<DefaultHeader, 4> headers = {{
    // Two years as Mozilla advises; subdomains and preload lists are the owner's to decide.
    {"Strict-Transport-Security", "$upstream_http_strict_transport_security", "$scrimp_hsts",
     "max-age=63072000", true},
    {"X-Content-Type-Options", "$upstream_http_x_content_type_options", "$scrimp_type_options",
     "nosniff", false},
    {"X-Frame-Options", "$upstream_http_x_frame_options", "$scrimp_frame_options", "SAMEORIGIN",
     false},
    {"Referrer-Policy", "$upstream_http_referrer_policy", "$scrimp_referrer_policy",
     "strict-origin-when-cross-origin", false},
}};

}  // namespace

std::span<const DefaultHeader> default_headers() {
    return headers;
}

void write_variables(Text& text) {
    // An empty Connection, not "close", keeps connections to the backends open.
    text.open("map $http_upgrade $scrimp_connection");
    text.line("default upgrade;");
    text.line("'' '';");
    text.close();
    // $host is checked by nginx and free of the port; clients that named one get it back.
    text.open("map $http_host $scrimp_port");
    text.line("default '';");
    text.line("\"~(?<scrimp_named_port>:[0-9]+)$\" $scrimp_named_port;");
    text.close();
    for (const auto& header : headers) {
        text.open(fmt::format("map {} {}", header.upstream_variable, header.variable));
        text.line("default '';");
        text.line(fmt::format("'' \"{}\";", header.value));
        text.close();
    }
    text.open("map $http_accept $scrimp_events");
    text.line("default '';");
    text.line("~*text/event-stream 1;");
    text.close();
    text.open("geo $scrimp_local");
    text.line("default 0;");
    text.line("127.0.0.0/8 1;");
    text.line("::1 1;");
    text.close();
}

}  // namespace scrimp::proxy
