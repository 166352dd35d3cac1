// When and to whom news are told for their own sake.
//
// Every interval a few random members, living or lately dead, get a packet of what waits. A tick
// that would have nothing to say does not happen, and the first news after such quiet goes at once:
// later news of the same burst then share packets at the pace of the interval. While more waits
// than a packet holds, rounds follow faster.
// Source: memberlist state.go (gossip); the early start and the haste are ours.
#pragma once

#include "swim/courier.h"

namespace scrimp::swim {

class Gossip {
  public:
    Gossip(Instant now, Body& body, Courier& courier);

    void handle_deadline(Instant now);
    /// `never` while nothing waits, or nobody is there to hear it.
    [[nodiscard]] Instant next_deadline() const;
    /// We stood still for `stall`.
    void shift(Duration stall) { next_round_ += stall; }
    /// Our goodbye, to as many as can be told directly, and the first round of its gossip.
    void say_goodbye(Instant now, const wire::Dead& goodbye);

  private:
    void tell(Instant now);
    /// Until the next round, as things stand.
    [[nodiscard]] Duration pace() const;

    Body& body_;
    Courier& courier_;
    Instant next_round_;
};

}  // namespace scrimp::swim
