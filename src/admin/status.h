// How this node is, on one screen: GET /v1/status and `scrimplb status`.
//
// It is well or degraded, and if degraded, says why in sentences: what is served by chance, or not
// as announced, or not as new as it should be. One backend of several that is out of rotation is
// what a balancer is for, and no reason.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace scrimp::admin {

/// An application of the current table that is not rolled out.
struct LeftOutRow {
    std::string application{};
    std::uint16_t listen_port = 0;
    std::string nodes{};  ///< Whose it is.
    std::string reason{};
};

/// Of the rollout, on a balancer. Texts are printable ASCII.
struct RolloutStatus {
    std::string phase{};         ///< "idle", or what is being done.
    std::string generation{};    ///< That the proxy serves; empty: unknown.
    std::uint64_t revision = 0;  ///< Of the table that is served.
    std::uint64_t latest = 0;    ///< Of the table that came last.
    std::uint64_t reloads = 0;
    std::size_t old_workers = 0;
    std::string waits_for{};  ///< Why the latest table waits longer than usual; else empty.
    std::string pinned{};     ///< The generation that an operator keeps; else empty.
    std::string failure{};    ///< What the last rollout ended with, if not well.
    std::vector<LeftOutRow> left_out{};
};

/// What the proxy may show its clients.
struct CertificateRow {
    std::string name{};  ///< Of its files; empty: that of tls-chain-location.
    std::vector<std::string> domains{};
    std::string fingerprint{};
    std::int64_t not_after = 0;
};

/// Of the applications that a balancer routes.
struct TrafficStatus {
    std::size_t applications = 0;
    std::size_t upstreams = 0;
    std::size_t in_rotation = 0;
    std::vector<std::string> without_upstream{};  ///< Applications that nobody serves.
    std::vector<std::string> failing_open{};      ///< Those whose backends are all unwell.
    std::size_t refusals = 0;
    std::uint64_t revision = 0;
};

/// An application of our own that gets no traffic, or is about to, on a backend.
struct WithheldRow {
    std::string application{};
    std::string state{};
    std::string reason{};
};

struct StatusView {
    std::string version{};
    std::string node_name{};
    std::string role{};    ///< "load-balancer", "backend".
    std::int64_t now = 0;  ///< Unix seconds, as all times here.
    std::int64_t started = 0;
    std::string address{};  ///< Where others reach us; empty while it is looked for.
    std::size_t alive = 0;
    std::size_t suspect = 0;
    std::size_t applications = 0;  ///< Our own, on a backend.
    std::vector<WithheldRow> withheld{};
    std::optional<TrafficStatus> traffic{};
    std::optional<RolloutStatus> rollout{};
    std::vector<CertificateRow> certificates{};
    std::string published{};            ///< What is said of our address in the seeds; may be empty.
    std::vector<std::string> faults{};  ///< What else is not well, a sentence each.
};

/// Why the node is not well, a sentence each; empty if it is.
[[nodiscard]] std::vector<std::string> warnings_of(const StatusView& view);

[[nodiscard]] std::string status_json(const StatusView& view);
[[nodiscard]] std::string status_text(const StatusView& view);

}  // namespace scrimp::admin
