// One running suspicion: how long the suspect has to refute.
//
// It begins at the maximum and shrinks to the minimum as others, each counted once, say the same:
// logarithmically, so that the first confirmation counts most. With no confirmations wanted the
// minimum holds from the start. Source: Lifeguard section IV-B, memberlist suspicion.go.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace scrimp::swim {

/// After `confirmed` of `wanted` confirmations, counted from the start of the suspicion; cut to
/// milliseconds as in Go.
[[nodiscard]] Duration suspicion_patience(int confirmed, int wanted, Duration min, Duration max);

class Suspicion {
  public:
    /// `from` is the first accuser and no confirmation; nothing if nobody's own finding began it.
    Suspicion(Instant now, std::optional<std::string> from, int wanted, Duration min, Duration max);

    /// Whether this is news: a further accuser while more are wanted. It moves the deadline.
    bool confirm(std::string_view from);
    /// Whatever is confirmed, it ends at `latest`.
    void end_by(Instant latest);
    /// We stood still for `stall`, and so did the suspicion.
    void shift(Duration stall);
    [[nodiscard]] int wanted() const { return wanted_; }
    /// Whether a word of `from` would be counted.
    [[nodiscard]] bool awaits(std::string_view from) const;
    [[nodiscard]] Instant deadline() const;

  private:
    Instant started_at_;
    int wanted_;
    Duration min_;
    Duration max_;
    Instant latest_ = never;
    std::vector<std::string> accusers_;  ///< At most `wanted` + 1.
};

}  // namespace scrimp::swim
