// How HAProxy finds the application that a request is for: by its domain and, where paths are
// claimed of it, by its path. The answers stand in a map, so a request costs as many lookups as
// wildcards and paths on its port have shapes, however many there are of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/text.h"
#include "service/routing_table.h"

namespace scrimp::proxy {

/// Of the paths that applications claim: how many names, and whether a slash follows.
struct PathShape {
    std::size_t names = 0;
    bool slash = false;
    friend auto operator<=>(const PathShape&, const PathShape&) = default;
};

/// What the frontend of a port must know of the applications there.
struct HaproxyPort {
    std::set<std::size_t, std::greater<>> depths{};  ///< In how many labels wildcards end.
    std::set<PathShape, std::greater<>> shapes{};    ///< Of paths but "/", the longest first.
    bool own_headers = false;                        ///< Of at least one application.
    std::vector<const service::Domain*> domains{};   ///< Of the table's applications.

    void learn(const service::Application& application);
};

/// Lines ` #PORT/DOMAIN BACKEND`: comments to who reads the text as a configuration.
void write_haproxy_map(Text& text, const service::RoutingTable& table,
                       const std::vector<std::string>& backend_names);

/// Within a frontend: txn.scrimp_to becomes the backend of the request's domain, if there is one:
/// its own name before wildcards, of those the longest first. Then, of a domain of which paths are
/// claimed, the longest path, by whole names.
void write_haproxy_lookup(Text& text, std::uint16_t port, const HaproxyPort& facts,
                          std::string_view map_path);

/// After that, the condition of a request that leads nowhere.
[[nodiscard]] std::string_view haproxy_unserved(const HaproxyPort& facts);

}  // namespace scrimp::proxy
