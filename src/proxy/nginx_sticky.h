// One client, one backend: by a cookie.
//
// nginx has no sticky upstreams unless it is paid for. So each backend of such an application gets
// an upstream in which it comes first, and a map from the cookie to that upstream. It holds while
// the backend is in the table; if it does not answer, one of the next two takes the request, as
// many as the time for a request allows. Who answered is told by a cookie if the client's named
// another. A cookie that leads nowhere (the backend is gone, or drains) is as none.
//
// A cookie's value is made from the backend's endpoint, so every balancer gives the same, and it
// stays true across restarts. Cost: an upstream of up to three servers and two lines a backend.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "proxy/text.h"
#include "service/routing_table.h"

namespace scrimp::proxy {

/// Names of nginx's for one application.
struct NginxSticky {
    std::string upstream;  ///< Where a client without a cookie goes.
    std::string key;       ///< What its variables end with: [a-z0-9_].
    [[nodiscard]] std::string to() const { return "$scrimp_to_" + key; }
    [[nodiscard]] std::string set() const { return "$scrimp_set_" + key; }
};

/// Once, in the http block, before any.
void write_sticky_variables(Text& text);

/// In the http block. `tls`: whether the cookie is for TLS alone.
void write_sticky(Text& text, const NginxSticky& names, std::string_view cookie, bool tls,
                  std::span<const service::Upstream> upstreams);

/// How many servers that makes, for the size of the zone.
[[nodiscard]] std::size_t sticky_servers(std::size_t upstreams);

}  // namespace scrimp::proxy
