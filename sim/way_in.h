// A keeper and the seed store it asks, which is slow and may be away. Like Host it carries what the
// keeper asks for and decides nothing.
#pragma once

#include <vector>

#include "seed/keeper.h"
#include "sim/event_queue.h"
#include "sim/surroundings.h"
#include "swim/node.h"

namespace scrimp::sim {

class WayIn {
  public:
    /// `self` and `world` must outlive it.
    WayIn(Instant now, const HostSpec& self, std::vector<Endpoint> remembered, Surroundings& world);

    void handle_joined(Instant now, const swim::JoinFinished& join);
    /// Whatever is due.
    void handle_deadline(Instant now);
    /// Carries what the keeper asks for now; whether it asked for anything, so that the node may
    /// have something to say again.
    [[nodiscard]] bool serve(Instant now, swim::Node& node);
    [[nodiscard]] Instant next_deadline() const;
    [[nodiscard]] int join_attempts() const { return join_attempts_; }

  private:
    enum class Errand : std::uint8_t { Fetch, Publish };
    void carry(Instant now, swim::Node& node, const seed::KeeperAction& action);
    void answer(Instant now, Errand errand);

    const HostSpec& self_;
    Surroundings& world_;
    seed::Keeper keeper_;
    EventQueue<Errand> errands_;
    int join_attempts_ = 0;
};

}  // namespace scrimp::sim
