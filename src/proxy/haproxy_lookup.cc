#include "proxy/haproxy_lookup.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "proxy/haproxy_rules.h"

namespace scrimp::proxy {
namespace {

/// Of a wildcard, the labels behind the star; 0 of any other domain.
std::size_t labels_behind_star(std::string_view domain) {
    if (!domain.starts_with("*.")) return 0;
    return static_cast<std::size_t>(std::ranges::count(domain, '.'));
}

PathShape shape_of(std::string_view path) {
    const bool slash = path.ends_with('/');
    const auto slashes = static_cast<std::size_t>(std::ranges::count(path, '/'));
    return {.names = slashes - (slash ? 1 : 0), .slash = slash};
}

void set_variable(Text& text, std::string_view name, std::string_view words) {
    text.line(fmt::format("    http-request set-var(txn.scrimp_{}) {}", name, words));
}

/// What a domain of which paths are claimed leads to at first: itself.
constexpr std::string_view divided = "{ var(txn.scrimp_to) -m beg '#' }";

void look_for_path(Text& text, std::string_view map_path, std::string_view concat,
                   std::string_view also) {
    set_variable(text, "to",
                 fmt::format("var(txn.scrimp_domain),concat({}),map({}) if {}{}", concat, map_path,
                             divided, also));
}

void write_path_lookup(Text& text, const HaproxyPort& facts, std::string_view map_path) {
    set_variable(text, "domain", fmt::format("var(txn.scrimp_to) if {}", divided));
    for (const auto& shape : facts.shapes) {
        set_variable(text, "path",
                     fmt::format("path,url_dec,field(1,/,{}) if {}", shape.names + 1, divided));
        if (shape.slash) {
            look_for_path(text, map_path, ",txn.scrimp_path,/",
                          fmt::format(" {{ path,url_dec,field({},/) -m found }}", shape.names + 2));
        } else {
            look_for_path(text, map_path, ",txn.scrimp_path", "");
        }
    }
    look_for_path(text, map_path, "/", "");
}

}  // namespace

void HaproxyPort::learn(const service::Application& application) {
    for (const auto& domain : application.domains) {
        domains.push_back(&domain);
        if (const auto depth = labels_behind_star(domain.text())) depths.insert(depth);
    }
    for (const auto& path : application.options->paths) {
        if (path != "/") shapes.insert(shape_of(path));
    }
    own_headers = own_headers || haproxy_has_own_headers(application);
}

/// A claim made twice, which a Registry rules out, is the first one's. Of a domain of which paths
/// are claimed, the paths stand behind it, "/" for the rest.
void write_haproxy_map(Text& text, const service::RoutingTable& table,
                       const std::vector<std::string>& backend_names) {
    std::map<std::string, std::map<std::string_view, std::string_view>> claims;
    for (std::size_t i = 0; i < table.routes.size(); ++i) {
        const auto& application = table.routes[i].application;
        if (application.protocol == service::Protocol::Tcp) continue;
        for (const auto& domain : application.domains) {
            auto& of_domain = claims[fmt::format("#{}/{}", application.listen_port, domain.text())];
            const auto& paths = application.options->paths;
            if (paths.empty()) of_domain.emplace("/", backend_names[i]);
            for (const auto& path : paths) of_domain.emplace(path, backend_names[i]);
        }
    }
    for (const auto& [domain, paths] : claims) {
        if (paths.size() == 1 && paths.begin()->first == "/") {
            text.line(fmt::format(" {} {}", domain, paths.begin()->second));
            continue;
        }
        text.line(fmt::format(" {} {}", domain, domain));
        for (const auto& [path, name] : paths) {
            text.line(fmt::format(" {}{} {}", domain, path, name));
        }
    }
}

/// Labels are few, so few rules do.
void write_haproxy_lookup(Text& text, std::uint16_t port, const HaproxyPort& facts,
                          std::string_view map_path) {
    const auto looked_up = [map_path](std::string_view key) {
        return fmt::format("str('{}'),concat(,txn.scrimp_key,),map({})", key, map_path);
    };
    set_variable(text, "host", "req.hdr(host),host_only,lower,rtrim(.)");
    set_variable(text, "key", "var(txn.scrimp_host)");
    set_variable(text, "to", looked_up(fmt::format("#{}/", port)));
    for (const std::size_t depth : facts.depths) {
        set_variable(text, "key", fmt::format("var(txn.scrimp_host),field(-1,.,{})", depth));
        set_variable(text, "to",
                     fmt::format("{} if !{{ var(txn.scrimp_to) -m found }} "
                                 "!{{ var(txn.scrimp_host),strcmp(txn.scrimp_key) eq 0 }}",
                                 looked_up(fmt::format("#{}/*.", port))));
    }
    if (!facts.shapes.empty()) write_path_lookup(text, facts, map_path);
}

std::string_view haproxy_unserved(const HaproxyPort& facts) {
    return facts.shapes.empty() ? "!{ var(txn.scrimp_to) -m found }"
                                : "!{ var(txn.scrimp_to) -m beg scrimp }";
}

}  // namespace scrimp::proxy
