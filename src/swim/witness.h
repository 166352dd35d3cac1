// Who hears of a suspicion looks for itself: so that confirmations come within a fraction of a
// second, and a member that lives learns of its accusation from many sides.
//
// A new suspicion(X) makes us ask X, after a short wait by chance; silence confirms, and an answer
// means that X has heard of it, since the question carries the accusation. The waits spread the
// askers so that about twice as many as are wanted ask in each step, and whoever sees enough
// confirmations before its turn keeps quiet: the cost does not grow with the cluster. Whoever found
// X silent asks it again and again until the suspicion ends, each time with the accusation: one
// answer is its refutation. Cost: for a suspicion some 2 K pings a step, and 2 a second by each who
// has confirmed. Source: our own; docs/membership.md.
#pragma once

#include <string>

#include "swim/deadlines.h"
#include "swim/prober.h"

namespace scrimp::swim {

class Witness {
  public:
    Witness(Body& body, Membership& membership, Courier& courier, Prober& prober)
        : body_(body), membership_(membership), courier_(courier), prober_(prober) {}

    /// Takes up what was suspected since the last call.
    void handle_suspicions(Instant now);
    void handle_deadline(Instant now);
    [[nodiscard]] Instant next_deadline() const { return std::min(looks_.next(), calls_.next()); }
    /// We stood still for `stall`.
    void shift(Duration stall);
    void stop();

  private:
    void plan_look(Instant now, const std::string& name);
    [[nodiscard]] const Member* find_suspect(const std::string& name) const;
    void call(const Member& suspect);

    Body& body_;
    Membership& membership_;
    Courier& courier_;
    Prober& prober_;
    Deadlines<std::string> looks_;  ///< At whom others suspect.
    Deadlines<std::string> calls_;  ///< To whom we suspect ourselves.
};

}  // namespace scrimp::swim
