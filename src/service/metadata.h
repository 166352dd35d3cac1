// What a node announces about itself in its 512 bytes of memberlist metadata: gzip of
//
//   {"type":"backend","applications":[{"name":"shop","listen-port":"443",
//    "application-port":"8080","protocol":"http","domains":["shop.example"]}]}
//   {"type":"load-balancer"}
//
// the original's form (keys in this order, ports as strings), so that its balancers understand our
// backends and ours its backends. What comes in is a peer's word: inflated within a bound, parsed
// strictly, and an application at fault costs only itself.
//
// Source: the original's BackendMetadata; gzip is RFC 1952, its header as Go's compress/gzip writes
// it (no time stamp, no name, unknown system).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "service/application.h"

namespace scrimp::service {

enum class Role : std::uint8_t { Backend, LoadBalancer, Unknown };
/// "backend", "load-balancer", "unknown".
[[nodiscard]] std::string_view name_of(Role role);

/// One application that a peer announced and we will not route, with the reason in words.
struct Rejection {
    std::string application;  ///< As announced, escaped and shortened for a log line.
    std::string reason;       ///< Printable ASCII.
    friend auto operator<=>(const Rejection&, const Rejection&) = default;
};

struct Announcement {
    Role role = Role::Unknown;
    std::vector<Application> applications;  ///< Sorted, unique.
    std::vector<Rejection> rejections;      ///< Sorted, unique, at most rejections_max.
    friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// Inflated metadata is refused beyond this: 512 bytes of gzip can claim half a megabyte.
inline constexpr std::size_t metadata_inflated_bytes_max = 64 * 1024;

/// Rejections kept of one announcement, so that a peer cannot make us log a thousand lines at a
/// time; the last then tells how many more there were.
inline constexpr std::size_t rejections_max = 16;

/// Deterministic: equal applications in any order give equal bytes. Fails if they do not fit in 512
/// bytes, saying by how much and what to shorten.
[[nodiscard]] Result<Bytes> encode_metadata(Role role,
                                            const std::vector<Application>& applications);

/// Fails only if nothing can be made of the whole (not gzip, not JSON, no type); an application
/// that is at fault is left out and listed in `rejections`. The error holds printable ASCII only.
[[nodiscard]] Result<Announcement> decode_metadata(ByteView metadata);

/// The JSON within, before and after the compression.
[[nodiscard]] std::string render_announcement(Role role,
                                              const std::vector<Application>& applications);
[[nodiscard]] Result<Announcement> parse_announcement(std::string_view text);

}  // namespace scrimp::service
