// How long answers take, learnt from those that came: a mean of all members' round trips and their
// spread, as TCP keeps them for one peer. One estimate for the whole cluster costs nothing for each
// member, and where members are unequally far the spread grows and the patience with it.
// Source: RFC 6298 section 2, with its gains.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace scrimp::swim {

class RoundTrips {
  public:
    /// An answer came after `took`. One that came through others, or after we had asked again,
    /// counts too: it may have been slower than we think, never quicker, and that is the safe side.
    void add(Duration took) {
        if (!known_) {
            known_ = true;
            mean_ = took;
            spread_ = took / 2;
            return;
        }
        spread_ += (std::max(mean_ - took, took - mean_) - spread_) / 4;
        mean_ += (took - mean_) / 8;
    }

    /// How long to wait for the next: between `least` and `most`, and `most` until something is
    /// known.
    [[nodiscard]] Duration patience(Duration least, Duration most) const {
        if (!known_ || least >= most) return most;
        return std::clamp(mean_ + 4 * spread_, least, most);
    }

  private:
    bool known_ = false;
    Duration mean_{};
    Duration spread_{};
};

}  // namespace scrimp::swim
