#include "proxy/nginx_sticky.h"

#include <algorithm>

#include <fmt/format.h>

#include "proxy/fingerprint.h"
#include "proxy/nginx_servers.h"
#include "proxy/nginx_word.h"

namespace scrimp::proxy {
namespace {

/// A request has time for two hosts that vanished, and they are rarely three.
constexpr std::size_t stand_ins = 2;
/// Endpoints do not meet in 64 bits, and nobody gains by a second one that would.
constexpr std::size_t cookie_digits = 16;

std::string cookie_of(const service::Upstream& upstream) {
    return fingerprint(upstream.endpoint.text()).substr(0, cookie_digits);
}

/// "scrimp-1_web": no application's, which begin with "scrimp_".
std::string upstream_of_one(const NginxSticky& names, std::size_t number) {
    constexpr std::size_t prefix = std::string_view("scrimp").size();
    return fmt::format("scrimp-{}{}", number + 1, names.upstream.substr(prefix));
}

/// As nginx says it in $scrimp_answered. Without the bracket before an IPv6 address the longest
/// ones are within a default bucket of a map.
std::string as_answered(const service::Upstream& upstream) {
    const std::string text = upstream.endpoint.text();
    return text.starts_with('[') ? text.substr(1) : text;
}

void maps(Text& text, const NginxSticky& names, std::string_view cookie, bool tls,
          std::span<const service::Upstream> upstreams) {
    text.open(fmt::format("map $http_cookie $scrimp_cookie_{}", names.key));
    text.line("default '';");
    text.line(
        fmt::format("\"~(^|; ?){0}=(?<scrimp_said_{1}>[0-9a-f]{{{2}}})(;|$)\" "
                    "$scrimp_said_{1};",
                    nginx_pattern(cookie), names.key, cookie_digits));
    text.close();
    text.open(fmt::format("map $scrimp_cookie_{} {}", names.key, names.to()));
    text.line(fmt::format("default {};", names.upstream));
    for (std::size_t i = 0; i < upstreams.size(); ++i) {
        text.line(fmt::format("{} {};", cookie_of(upstreams[i]), upstream_of_one(names, i)));
    }
    text.close();
    text.open(fmt::format("map $scrimp_answered $scrimp_by_{}", names.key));
    text.line("default '';");
    for (const auto& upstream : upstreams) {
        text.line(fmt::format("{} {};", as_answered(upstream), cookie_of(upstream)));
    }
    text.close();
    text.open(fmt::format("map \"$scrimp_cookie_{0}=$scrimp_by_{0}\" {1}", names.key, names.set()));
    text.line(fmt::format("default \"{}=$scrimp_by_{}; Path=/; HttpOnly; SameSite=Lax{}\";", cookie,
                          names.key, tls ? "; Secure" : ""));
    text.line("\"~=$\" '';");          // None of the backends answered.
    text.line("\"~^(.*)=\\1$\" '';");  // The one that the client named.
    text.close();
}

}  // namespace

void write_sticky_variables(Text& text) {
    // The last of those that were tried.
    text.open("map $upstream_addr $scrimp_answered");
    text.line("default '';");
    text.line("\"~\\[?(?<scrimp_last_tried>[^ ]+)$\" $scrimp_last_tried;");
    text.close();
}

void write_sticky(Text& text, const NginxSticky& names, std::string_view cookie, bool tls,
                  std::span<const service::Upstream> upstreams) {
    maps(text, names, cookie, tls, upstreams);
    for (std::size_t i = 0; i < upstreams.size(); ++i) {
        text.open(fmt::format("upstream {}", upstream_of_one(names, i)));
        text.line("zone scrimp_upstreams;");
        const std::size_t servers = std::min(upstreams.size(), 1 + stand_ins);
        for (std::size_t j = 0; j < servers; ++j) {
            write_server(text, upstreams[(i + j) % upstreams.size()], j == 0 ? "" : " backup");
        }
        write_keepalive(text, servers);
        text.close();
    }
}

std::size_t sticky_servers(std::size_t upstreams) {
    return upstreams * std::min(upstreams, 1 + stand_ins);
}

}  // namespace scrimp::proxy
