#include "runtime/deadline_timer.h"

#include <utility>

#include "runtime/clock.h"

namespace scrimp::runtime {

DeadlineTimer::DeadlineTimer(boost::asio::io_context& loop, std::function<void(Instant)> due)
    : timer_(loop), due_(std::move(due)) {}

void DeadlineTimer::arm(Instant deadline) {
    if (deadline == armed_) return;
    armed_ = deadline;
    if (deadline == never) {
        timer_.cancel();
        return;
    }
    timer_.expires_at(steady(deadline));
    timer_.async_wait([this, deadline, alive = std::weak_ptr(alive_)](const auto& error) {
        if (error || alive.expired() || armed_ != deadline) return;
        armed_ = never;
        due_(now());
    });
}

}  // namespace scrimp::runtime
