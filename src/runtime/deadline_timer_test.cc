#include "runtime/deadline_timer.h"

#include <gtest/gtest.h>

#include "runtime/clock.h"
#include "runtime/loop_test.h"

namespace scrimp::runtime {
namespace {

/// Both have passed when the loop runs first, so the event library holds both for called.
TEST(DeadlineTimer, that_is_disarmed_or_moved_after_its_deadline_has_passed_does_not_call) {
    boost::asio::io_context loop;
    int calls = 0;
    bool ran = false;
    const auto count = [&](Instant) { ++calls; };
    DeadlineTimer disarmed(loop, count);
    DeadlineTimer moved(loop, count);
    DeadlineTimer first(loop, [&](Instant) {
        disarmed.arm(never);
        moved.arm(now() + std::chrono::hours{1});
        ran = true;
    });
    const Instant start = now();
    first.arm(start);
    disarmed.arm(start + Duration{1});
    moved.arm(start + Duration{2});
    EXPECT_TRUE(run_until(loop, [&] { return ran; }));
    loop.restart();
    loop.poll();
    EXPECT_EQ(calls, 0);
}

TEST(DeadlineTimer, calls_once_at_the_deadline_that_is_armed_last) {
    boost::asio::io_context loop;
    int calls = 0;
    DeadlineTimer timer(loop, [&](Instant) { ++calls; });
    const Instant start = now();
    timer.arm(start + std::chrono::hours{1});
    timer.arm(start);
    timer.arm(start + Duration{1});
    timer.arm(start);
    EXPECT_TRUE(run_until(loop, [&] { return calls > 0; }));
    loop.restart();
    loop.poll();
    EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace scrimp::runtime
