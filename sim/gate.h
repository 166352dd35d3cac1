// What waits at a process that does not listen or cannot speak: deliveries in the kernel's buffer,
// and its own calls into the kernel.
//
// A paused process (SIGSTOP) only has the first. A blocked one, as Lifeguard's experiments slow a
// process down, blocks before each send and after each receive while its timers go on, so that it
// fills both.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "sim/network.h"

namespace scrimp::sim {

class Gate {
  public:
    /// A datagram the buffer has no room for is lost; connections wait without limit.
    void hold(Delivery delivery);
    [[nodiscard]] std::optional<Delivery> take_held();
    [[nodiscard]] bool holds() const { return !held_.empty(); }
    void stick(swim::Action call) { stuck_.push_back(std::move(call)); }
    [[nodiscard]] std::optional<swim::Action> take_stuck();

  private:
    std::deque<Delivery> held_;
    std::size_t held_bytes_ = 0;  ///< As the kernel counts them.
    std::deque<swim::Action> stuck_;
};

/// Whether the driver calls the kernel for it.
[[nodiscard]] bool is_call(const swim::Action& action);

}  // namespace scrimp::sim
