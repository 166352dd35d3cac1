// How an application on one backend is: what its agent announces and what a balancer sees itself.
//
// The words are those of the field (AWS target health): a state, and why. Who is healthy says
// nothing more. The reason is a code, or an operator's own words.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scrimp::service {

enum class Availability : std::uint8_t {
    Healthy,      ///< Gets traffic.
    Initial,      ///< Its first checks are under way.
    Unhealthy,    ///< Its checks fail.
    Draining,     ///< It is about to stop: no new request, those under way may end.
    Maintenance,  ///< An operator has taken it out.
    Unavailable,  ///< A balancer's own finding, never announced: it does not answer there.
};
/// "healthy", "initial", "unhealthy", "draining", "maintenance", "unavailable".
[[nodiscard]] std::string_view name_of(Availability availability);
/// The reverse; nothing for other words.
[[nodiscard]] std::optional<Availability> parse_availability(std::string_view word);

/// Longer reasons are cut: room for a sentence, little beside 512 bytes of metadata.
inline constexpr std::size_t reason_bytes_max = 120;

namespace reason {
inline constexpr std::string_view initial = "Target.InitialHealthChecking";
inline constexpr std::string_view failed_checks = "Target.FailedHealthChecks";
inline constexpr std::string_view timeout = "Target.Timeout";
inline constexpr std::string_view refused = "Target.ConnectionRefused";
inline constexpr std::string_view unreachable = "Target.Unreachable";
inline constexpr std::string_view code_mismatch = "Target.ResponseCodeMismatch";
inline constexpr std::string_view command_failed = "Target.CommandFailed";
inline constexpr std::string_view draining = "Target.DeregistrationInProgress";
inline constexpr std::string_view maintenance = "Target.Maintenance";
}  // namespace reason

struct Condition {
    Availability state = Availability::Healthy;
    /// A code, or a code, a colon and words: "Target.ResponseCodeMismatch: 503". Printable ASCII,
    /// at most reason_bytes_max; empty for who is healthy.
    std::string reason{};
    friend auto operator<=>(const Condition&, const Condition&) = default;
};

}  // namespace scrimp::service
