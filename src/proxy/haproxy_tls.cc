#include "proxy/haproxy_tls.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

namespace scrimp::proxy {
namespace {

/// Mozilla's guideline 6.0; the suites of 1.3 are OpenSSL's own.
constexpr std::string_view intermediate_tls =
    "ssl-min-ver TLSv1.2 no-tls-tickets curves X25519:P-256:P-384 ciphers "
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr std::string_view modern_tls =
    "ssl-min-ver TLSv1.3 no-tls-tickets curves X25519:P-256:P-384";

bool is_for(const std::optional<Certificate>& certificate, const service::Domain& domain) {
    return certificate && std::ranges::any_of(certificate->domains, [&](const auto& pattern) {
               return pattern == domain || covers(pattern, domain);
           });
}

}  // namespace

std::string haproxy_tls(const RenderOptions& options,
                        std::span<const service::Domain* const> domains) {
    std::string words = fmt::format(" ssl crt {}", options.tls_chain_path);
    if (options.certificates) {
        const Certificates& known = *options.certificates;
        std::set<std::size_t> wanted;
        bool strict = true;
        for (const service::Domain* domain : domains) {
            const auto found = known.find(*domain);
            if (found && (wanted.contains(*found) || wanted.size() < haproxy_certificates_max)) {
                wanted.insert(*found);
            } else if (!is_for(known.fallback(), *domain)) {
                strict = false;
            }
        }
        for (const std::size_t at : wanted) words += " crt " + known.all()[at].chain_path;
        if (strict) words += " strict-sni";
    }
    return fmt::format("{} alpn h2,http/1.1 {}", words,
                       options.tls_profile == TlsProfile::Modern ? modern_tls : intermediate_tls);
}

void write_haproxy_fallback(Text& text, const RenderOptions& options) {
    if (!options.certificates || !options.certificates->fallback()) return;
    text.line(
        fmt::format("# Fallback certificate {}.", options.certificates->fallback()->fingerprint));
}

}  // namespace scrimp::proxy
