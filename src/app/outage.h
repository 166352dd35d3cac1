// Something that is tried again and again and keeps failing, as an operator wants to read of it:
// the first failure at once, then at growing distances how often and for how long, and when it
// works again. So a store that is down for a night is a dozen lines and not a thousand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"

namespace scrimp::app {

class Outage {
  public:
    /// From the first line to the second; then doubled, up to told_every_max.
    static constexpr Duration told_every_min = std::chrono::minutes{1};
    static constexpr Duration told_every_max = std::chrono::hours{1};

    /// `what`: as in "publishing failed", "publishing works again".
    explicit Outage(std::string what) : what_(std::move(what)) {}

    /// It failed. The line for the log, if one is due.
    [[nodiscard]] std::optional<std::string> handle_failed(Instant now, const std::string& reason);
    /// It worked. The line for the log, if it had failed before.
    [[nodiscard]] std::optional<std::string> handle_worked(Instant now);

    [[nodiscard]] bool ongoing() const { return failures_ > 0; }
    /// "publishing fails since 3 min: REASON", while ongoing().
    [[nodiscard]] std::string text(Instant now) const;

  private:
    std::string what_;
    std::string reason_;  ///< Of the last failure.
    std::uint64_t failures_ = 0;
    Instant began_{};
    Instant tell_at_{};
    Duration told_every_{};
};

}  // namespace scrimp::app
