#include "proxy/nginx_tls.h"

#include <fmt/format.h>

namespace scrimp::proxy {
namespace {

/// Mozilla's guideline 6.0, "intermediate".
constexpr std::string_view tls_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

}  // namespace

void write_tls(Text& text, std::string_view chain, std::string_view key) {
    text.line(fmt::format("ssl_certificate {};", chain));
    text.line(fmt::format("ssl_certificate_key {};", key));
    text.line("ssl_protocols TLSv1.2 TLSv1.3;");
    text.line(fmt::format("ssl_ciphers {};", tls_ciphers));
    text.line("ssl_prefer_server_ciphers off;");
    text.line("ssl_ecdh_curve X25519:prime256v1:secp384r1;");
    // 10 MB hold some 40,000 sessions; the keys of tickets would not rotate before nginx 1.23.
    text.line("ssl_session_cache shared:scrimp_tls:10m;");
    text.line("ssl_session_timeout 1d;");
    text.line("ssl_session_tickets off;");
}

}  // namespace scrimp::proxy
