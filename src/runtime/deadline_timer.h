// The one timer of a machine: armed with next_deadline() after every call of the machine.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/time.h"

namespace scrimp::runtime {

/// Destroying it disarms it, even if the deadline has passed already; not from within `due`.
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
    /// A timer that has expired is called even if it is cancelled by then: it looks here first.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace scrimp::runtime
