// The one timer of a machine: armed with next_deadline() after every call of the machine.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/time.h"

namespace scrimp::runtime {

/// Disarmed or destroyed it does not call, even if the deadline has passed already; it is not to be
/// destroyed from within `due`.
class DeadlineTimer {
  public:
    /// `due` is called on the loop, once, at or after the deadline that is armed then.
    DeadlineTimer(boost::asio::io_context& loop, std::function<void(Instant)> due);

    /// Replaces the deadline; `never` disarms. Cheap if it did not change.
    void arm(Instant deadline);

  private:
    boost::asio::steady_timer timer_;
    std::function<void(Instant)> due_;
    Instant armed_ = never;
    /// The event library calls back for what has expired even if it is cancelled by then: so what
    /// it calls looks here first, and whether its deadline is still the one that is armed.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace scrimp::runtime
