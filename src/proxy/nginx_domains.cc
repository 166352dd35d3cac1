#include "proxy/nginx_domains.h"

#include <algorithm>
#include <tuple>

namespace scrimp::proxy {
namespace {

struct Claimed {
    std::uint16_t port;
    const service::Domain* domain;
    std::string_view path;
    std::size_t route;
};

/// Longer paths first.
bool stands_before(const Claimed& a, const Claimed& b) {
    return std::tuple(a.port, std::string_view(a.domain->text()), b.path.size(), a.path, a.route) <
           std::tuple(b.port, std::string_view(b.domain->text()), a.path.size(), b.path, b.route);
}

bool is_same_place(const Claimed& a, const Claimed& b) {
    return a.port == b.port && *a.domain == *b.domain && a.path == b.path;
}

std::vector<Claimed> sorted_claims(const service::RoutingTable& table) {
    std::vector<Claimed> claims;
    for (std::size_t i = 0; i < table.routes.size(); ++i) {
        const auto& application = table.routes[i].application;
        for (const auto& domain : application.domains) {
            for (const std::string& path : application.options->paths) {
                claims.push_back({application.listen_port, &domain, path, i});
            }
            if (application.options->paths.empty()) {
                claims.push_back({application.listen_port, &domain, "/", i});
            }
        }
    }
    std::ranges::sort(claims, stands_before);
    const auto repeated = std::ranges::unique(claims, is_same_place);
    claims.erase(repeated.begin(), repeated.end());
    return claims;
}

}  // namespace

NginxDomains nginx_domains(const service::RoutingTable& table) {
    NginxDomains domains;
    const std::vector<Claimed> claims = sorted_claims(table);
    for (auto at = claims.begin(); at != claims.end();) {
        const auto end = std::find_if(at, claims.end(), [at](const Claimed& each) {
            return each.port != at->port || *each.domain != *at->domain;
        });
        // A port that is in no map still wants its default server.
        NginxLeads& shared = domains.shared[at->port];
        NginxPaths paths;
        bool own = at->domain->text().size() > domain_bytes_in_default_bucket || end - at > 1 ||
                   at->path != "/";
        for (auto each = at; each != end; ++each) {
            own = own || needs_own_location(table.routes[each->route].application);
            paths.emplace_back(each->path, each->route);
        }
        if (own) {
            domains.own[std::move(paths)].push_back(at->domain);
        } else {
            shared.emplace_back(at->domain, at->route);
        }
        at = end;
    }
    return domains;
}

bool is_grpc(const service::Application& application) {
    return application.protocol == service::Protocol::Grpc ||
           application.protocol == service::Protocol::Grpcs;
}

bool needs_own_location(const service::Application& application) {
    if (is_grpc(application)) return true;
    if (!application.options) return false;
    const service::Options& asked = *application.options;
    return !asked.sticky_cookie.empty() || !asked.paths.empty() || asked.body_limit_bytes ||
           asked.connect_timeout || asked.read_timeout || asked.send_timeout ||
           asked.verify_backend.value_or(false) || !asked.allow.empty() || !asked.deny.empty() ||
           asked.www || !asked.redirects.empty() || !asked.request_headers.empty() ||
           !asked.response_headers.empty() || !asked.compression.value_or(true) ||
           !asked.hsts.value_or(true) || !asked.security_headers.value_or(true);
}

}  // namespace scrimp::proxy
