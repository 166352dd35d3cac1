// The one timer of a machine: armed with next_deadline() after every call of the machine.
#pragma once

#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/time.h"

namespace scrimp::runtime {

/// The loop must not run on after the timer is destroyed.
class DeadlineTimer {
  public:
    /// `due` is called on the loop at or after the deadline; now and then once too often, when a
    /// deadline moved at the moment it passed.
    DeadlineTimer(boost::asio::io_context& loop, std::function<void(Instant)> due);

    /// Replaces the deadline; `never` disarms. Cheap if it did not change.
    void arm(Instant deadline);

  private:
    boost::asio::steady_timer timer_;
    std::function<void(Instant)> due_;
    Instant armed_ = never;
};

}  // namespace scrimp::runtime
