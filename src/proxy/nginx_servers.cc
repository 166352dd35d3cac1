#include "proxy/nginx_servers.h"

#include <algorithm>
#include <functional>
#include <string>

#include <fmt/format.h>

namespace scrimp::proxy {

void write_servers(Text& text, std::span<const service::Upstream> servers) {
    const bool weighted = std::ranges::adjacent_find(servers, std::not_equal_to{},
                                                     &service::Upstream::weight) != servers.end();
    for (const auto& server : servers) {
        const std::string weight = weighted ? fmt::format(" weight={}", server.weight) : "";
        // Three failures, not one: a backend that closes idle connections earns some by chance.
        text.line(fmt::format("server {}{} max_fails=3 fail_timeout=1s;", server.endpoint.text(),
                              weight));
    }
    text.line("keepalive 16;");
    // Below the 5 s of Node.js and Apache, so that it is us who closes an idle connection.
    text.line("keepalive_timeout 4s;");
}

}  // namespace scrimp::proxy
