// Our own health as Lifeguard counts it (awareness.go): missed answers and refutations raise the
// score, answered probes lower it, and the higher it is the longer we wait before we accuse others.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace scrimp::swim {

class Health {
  public:
    /// The score stays below `max`, which is at least 1.
    explicit Health(int max) : max_(max) {}

    void apply(int delta) { score_ = std::clamp(score_ + delta, 0, max_ - 1); }
    [[nodiscard]] int score() const { return score_; }
    [[nodiscard]] Duration scaled(Duration timeout) const { return timeout * (score_ + 1); }

  private:
    int max_;
    int score_ = 0;
};

}  // namespace scrimp::swim
