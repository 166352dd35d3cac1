// How a backend's agent finds out whether an application of its own is well, as its operator has
// said under `health-check`: values only. service/health.h decides when to ask, the drivers in
// runtime/check_*.h ask.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"

namespace scrimp::service {

enum class CheckKind : std::uint8_t {
    Tcp,   ///< Somebody accepts connections.
    Http,  ///< A GET is answered with an expected status.
    Grpc,  ///< grpc.health.v1 says SERVING.
    Exec,  ///< A command exits with 0.
};
/// "tcp", "http", "grpc", "exec".
[[nodiscard]] std::string_view name_of(CheckKind kind);

/// From `first` to `last`, both included; 100 to 599.
struct StatusRange {
    int first = 200;
    int last = 399;
    friend auto operator<=>(const StatusRange&, const StatusRange&) = default;
};
/// "200", "200-399".
[[nodiscard]] std::optional<StatusRange> parse_status_range(std::string_view text);

/// How long a check waits for its answer when nothing else is said.
inline constexpr Duration check_timeout_default = std::chrono::seconds{2};

struct Check {
    CheckKind kind = CheckKind::Tcp;
    std::uint16_t port = 0;
    std::optional<Endpoint> address{};  ///< Its port is not used; none: where others reach us.

    std::string path = "/";  ///< Http: as it stands in the request.
    std::string host{};      ///< Http, Grpc: what the request names; empty: address and port.
    std::vector<StatusRange> statuses{StatusRange{}};  ///< Http: which are well. Not empty.
    std::string service{};                             ///< Grpc: empty asks for the server.
    std::vector<std::string> command{};                ///< Exec: a program and its arguments.

    Duration interval = std::chrono::seconds{5};
    Duration timeout = check_timeout_default;
    int rise = 2;  ///< Successes in a row that bring it back, at least 1.
    int fall = 3;  ///< Failures in a row that take it out, at least 1.
    friend bool operator==(const Check&, const Check&) = default;
};

/// What came of one check.
struct CheckOutcome {
    bool well = false;
    /// If not: a code of service::reason, perhaps with a colon and words. Printable ASCII.
    std::string reason{};
    /// It could not be made, since we lack what it needs: no verdict, and `reason` says what.
    bool hindered = false;
    friend bool operator==(const CheckOutcome&, const CheckOutcome&) = default;
};

}  // namespace scrimp::service
