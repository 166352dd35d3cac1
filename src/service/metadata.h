// What a node announces about itself in its 512 bytes of memberlist metadata: gzip of
//
//   {"type":"backend","applications":[{"name":"shop","listen-port":"443",
//    "application-port":"8080","protocol":"http","domains":["shop.example"]}]}
//   {"type":"load-balancer"}
//
// the original's form (keys in this order, ports as strings), so that its balancers understand our
// backends and ours its backends. A list that does not fit is cut after the last application that
// does, and two keys behind it say what the whole is (docs/exchange.md):
//
//   {"type":"backend","applications":[…],"count":1000,"digest":"9f86d081884c7d659a2feaa0c55ad015"}
//
// Balancers of the original pass over those and route what they see; ours ask for the whole.
//
// Applications that shall get no traffic stand apart, where balancers of the original do not look,
// each with its state and why (service/conditions.h); those of a list that is cut only in the list.
// So do, without a state, those of protocols that the original does not know.
// A backend may present a permit; a balancer says so if it acknowledges what it is told to drain:
//
//   {"type":"backend","applications":[…],"withheld":[{…,"state":"draining","reason":"…"}],
//    "permit":"…"}
//   {"type":"load-balancer","scrimplb":1}
//
// What comes in is a peer's word: inflated within a bound, parsed strictly, and an application at
// fault costs only itself.
//
// Source: the original's BackendMetadata; gzip is RFC 1952, its header as Go's compress/gzip writes
// it (no time stamp, no name, unknown system).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "service/application.h"
#include "service/application_list.h"
#include "service/conditions.h"

namespace scrimp::service {

enum class Role : std::uint8_t { Backend, LoadBalancer, Unknown };
/// "backend", "load-balancer", "unknown".
[[nodiscard]] std::string_view name_of(Role role);

/// One application that a peer announced and we will not route, with the reason in words.
struct Rejection {
    /// As announced, escaped and shortened for a log line; empty: the list as a whole.
    std::string application;
    std::string reason;  ///< Printable ASCII.
    friend auto operator<=>(const Rejection&, const Rejection&) = default;
};

struct Announcement {
    Role role = Role::Unknown;
    std::vector<Application> applications;  ///< Sorted, unique.
    std::vector<Rejection> rejections;      ///< Sorted, unique, at most rejections_max.
    /// Set if `applications` are only the first of a longer list.
    std::optional<ListSummary> rest{};
    Conditions conditions{};    ///< Of those of the applications that are not healthy.
    std::string permit{};       ///< As it came, at most permit_bytes_max; not looked into.
    bool acknowledges = false;  ///< A balancer that answers who drains (service/farewell.h).
    friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// Where an announcement is known from, if not from a member, whose name would stand there: none
/// has spaces, or they are told escaped.
inline constexpr std::string_view source_metadata = "its metadata";
inline constexpr std::string_view source_memory = "our memory";

/// Inflated metadata is refused beyond this: 512 bytes of gzip can claim half a megabyte.
inline constexpr std::size_t metadata_inflated_bytes_max = std::size_t{64} << 10;

/// Rejections kept of one announcement, so that a peer cannot make us log a thousand lines at a
/// time; the last then tells how many more there were.
inline constexpr std::size_t rejections_max = 16;

/// Leaves room for some applications beside a signature and what it signs.
inline constexpr std::size_t permit_bytes_max = 400;

/// What a node says beside its role and its applications.
struct Remarks {
    Conditions conditions{};    ///< In any order; of names that are no applications: passed over.
    std::string permit{};       ///< is_permit_text(), or empty.
    bool acknowledges = false;  ///< A balancer only.
};
/// Printable ASCII without spaces, quotes and backslashes, 1 to permit_bytes_max.
[[nodiscard]] bool is_permit_text(std::string_view text);

struct EncodedMetadata {
    Bytes bytes;
    std::optional<ListSummary> rest;  ///< Set if the list does not fit whole.
    std::size_t shown = 0;  ///< Of the sorted applications that are healthy, how many it holds.
};

/// Deterministic: equal applications in any order give equal bytes, of as many of them as fit in
/// 512. Fails beyond applications_max or list_bytes_max, saying what to do. The list behind `rest`
/// is render_list() of the applications with their conditions.
[[nodiscard]] Result<EncodedMetadata> encode_metadata(Role role,
                                                      const std::vector<Application>& applications,
                                                      const Remarks& remarks = {});

/// The names, sorted, that balancers of the original will not see if the first `shown` of the
/// sorted list fit.
[[nodiscard]] std::vector<std::string> unseen_names(const std::vector<Application>& applications,
                                                    std::size_t shown);

/// Fails only if nothing can be made of the whole (not gzip, not JSON, no type); an application
/// that is at fault is left out and listed in `rejections`. The error holds printable ASCII only.
[[nodiscard]] Result<Announcement> decode_metadata(ByteView metadata);

/// A whole list as the exchange brought it: a backend's announcement without `rest`. Fails if it is
/// no list, or larger than list_bytes_max.
[[nodiscard]] Result<Announcement> parse_list(std::string_view list_text);

/// The JSON within, before and after the compression, of a list that fits.
[[nodiscard]] std::string render_announcement(Role role,
                                              const std::vector<Application>& applications,
                                              const Remarks& remarks = {});
[[nodiscard]] Result<Announcement> parse_announcement(std::string_view text);

}  // namespace scrimp::service
