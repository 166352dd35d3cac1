// One application as HAProxy has it: a backend, its servers, and those that are to come.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "proxy/text.h"
#include "service/routing_table.h"

namespace scrimp::proxy {

/// The sections from which ours take what they do not say themselves.
inline constexpr std::string_view haproxy_defaults = "scrimp_defaults";
inline constexpr std::string_view haproxy_compressed = "scrimp_compressed";
inline constexpr std::string_view haproxy_stream = "scrimp_stream";

struct HaproxyBackend {
    std::string_view name;
    const service::Route& route;
    std::size_t spare_places = 0;
    bool tls = true;                ///< Whether clients speak TLS.
    std::string_view ca_path = {};  ///< Of who signs the certificates of backends.
};
/// With the list of its users before it.
void write_haproxy_backend(Text& text, const HaproxyBackend& backend);

/// "1500ms".
[[nodiscard]] std::string haproxy_duration(Duration duration);

/// What HAProxy cannot do of what the application asks, in words that begin with the key; nothing
/// if it can do all of it.
[[nodiscard]] std::optional<std::string> lacks_haproxy(const service::Application& application);

}  // namespace scrimp::proxy
