// What a node announces about itself in its 512 bytes of memberlist metadata: gzip of
//
//   {"type":"backend","applications":[{"name","listen-port","application-port","protocol",
//    "domains":[…]}]}                                     or {"type":"load-balancer"}
//
// the original's form, so that its balancers understand our backends and ours its backends.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "service/application.h"

namespace scrimp::service {

enum class Role : std::uint8_t { Backend, LoadBalancer, Unknown };
[[nodiscard]] std::string_view name_of(Role role);

/// One application that a peer announced and we will not route, with the reason in words.
struct Rejection {
    std::string application;  ///< As announced, escaped and shortened for a log line.
    std::string reason;
    friend auto operator<=>(const Rejection&, const Rejection&) = default;
};

struct Announcement {
    Role role = Role::Unknown;
    std::vector<Application> applications;  ///< Sorted, unique.
    std::vector<Rejection> rejections;
    friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// Inflated metadata is refused beyond this: 512 bytes of gzip can claim half a megabyte.
inline constexpr std::size_t metadata_inflated_bytes_max = 64 * 1024;

/// Deterministic (no time stamp in the gzip header). Fails if it does not fit in 512 bytes, saying
/// by how much and what to shorten.
[[nodiscard]] Result<Bytes> encode_metadata(Role role, const std::vector<Application>& applications);

/// Fails only if nothing can be made of the whole (not gzip, not JSON, no type); an application
/// that is at fault is left out and listed in `rejections`.
[[nodiscard]] Result<Announcement> decode_metadata(ByteView metadata);

}  // namespace scrimp::service
