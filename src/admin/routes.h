// Who gets traffic for what, and why others do not: GET /v1/routes and `scrimplb routes`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace scrimp::admin {

/// One backend of an application. Texts are printable ASCII.
struct UpstreamRow {
    std::string member_name{};
    std::string endpoint{};  ///< "10.0.0.7:8080".
    std::string state{};     ///< A word of service/condition.h.
    std::string reason{};    ///< Empty for who is healthy.
    bool in_rotation = true;
    int weight = 100;  ///< Beside the others': of 100, or of up to 256 where there is a canary.
    std::optional<std::int64_t> since{};  ///< When that state was entered, in Unix seconds.
    std::string note{};  ///< What else a person should know, a guard that keeps it say.
};

struct RouteRow {
    std::string application{};
    std::uint16_t listen_port = 0;
    std::string protocol{};  ///< Spoken to the backend.
    std::vector<std::string> domains{};
    /// The first end of the certificates for its domains, in Unix seconds; nothing where unknown.
    std::optional<std::int64_t> certified_until{};
    /// What the application asks of the proxy beside, as the members of a JSON object; mostly
    /// empty.
    std::string options{};
    std::vector<UpstreamRow> upstreams{};  ///< Those out of rotation too.
};

/// An announcement, or an application of one, that is not taken.
struct RefusalRow {
    std::string member_name{};
    std::string application{};  ///< Empty: the announcement as a whole.
    std::string reason{};
};

struct RoutesView {
    std::int64_t now = 0;  ///< Unix seconds.
    std::uint64_t revision = 0;
    std::vector<RouteRow> routes{};
    std::vector<RefusalRow> refusals{};
};

[[nodiscard]] std::string routes_json(const RoutesView& view);
[[nodiscard]] std::string routes_text(const RoutesView& view);

}  // namespace scrimp::admin
