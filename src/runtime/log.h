// What the operator reads: one line an event, to standard error, as
//
//   2026-11-23T05:06:07.123Z info member joined: web-1 at 10.0.0.7:9999
//
// Times are UTC. Whatever a peer says can be in a line but cannot break it: control characters are
// escaped and long lines are cut. Events that a peer can provoke are counted by a LineBudget, so
// that a hostile one cannot fill the disk; single packets are never logged at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace scrimp::runtime {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

/// Lines below it are left out; Info at the start.
void set_log_level(LogLevel level);

void log_debug(std::string_view line);
void log_info(std::string_view line);
void log_warning(std::string_view line);
void log_error(std::string_view line);

/// Longer lines are cut: more than the longest complaint of a proxy's check that helps anybody.
inline constexpr std::size_t log_line_bytes_max = 4096;

/// One line: control characters (C0, DEL, and C1 in UTF-8) become escapes, the rest stays as it is,
/// cut at log_line_bytes_max. Escaping twice changes nothing, so parts may be escaped already.
[[nodiscard]] std::string escape_line(std::string_view text);

/// A bucket of lines: a burst at once, then a trickle. What did not pass is counted, and told
/// before the next line that passes.
class LineBudget {
  public:
    /// A cluster of hundreds may come up at once and be logged whole; after that, ten lines a
    /// second is as much as anybody follows.
    static constexpr double burst = 500;
    static constexpr double lines_per_second = 10;

    /// Writes the line if there is room, and how many were left out before it.
    void info(std::string_view line);
    void warning(std::string_view line);

    /// Whether a line may be written now.
    [[nodiscard]] bool take(Instant when);
    /// How many were refused since the last call.
    [[nodiscard]] std::uint64_t take_left_out();

  private:
    [[nodiscard]] bool admit();

    double tokens_ = burst;
    Instant refilled_at_{};
    std::uint64_t left_out_ = 0;
};

}  // namespace scrimp::runtime
