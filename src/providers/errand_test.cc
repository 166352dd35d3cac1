#include "providers/errand.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>

#include "runtime/loop_test.h"

namespace scrimp::providers {
namespace {

using namespace std::chrono_literals;
using Answer = Result<int>;

/// Longer than any test takes.
constexpr Duration for_ever = 1h;

TEST(Errand, works_elsewhere_and_answers_on_the_loop) {
    boost::asio::io_context loop;
    Errand<Answer> errand("seeds", for_ever, loop);
    const auto here = std::this_thread::get_id();
    for (int time = 0; time < 2; ++time) {
        std::optional<Answer> answered;
        errand.run(
            [&](const Answer& answer) {
                EXPECT_EQ(std::this_thread::get_id(), here);
                answered = answer;
            },
            [here](const std::stop_token&) -> Answer {
                return std::this_thread::get_id() == here ? 0 : 7;
            });
        EXPECT_FALSE(answered);
        ASSERT_TRUE(runtime::run_until(loop, [&] { return answered.has_value(); }));
        EXPECT_EQ(answered->value_or(0), 7);
    }
}

TEST(Errand, keeps_nobody_waiting_while_its_work_hangs) {
    boost::asio::io_context loop;
    std::promise<void> hung;
    const auto release = hung.get_future().share();
    Errand<Answer> errand("seeds", 10ms, loop);
    const auto ask = [&] {
        std::optional<Answer> answered;
        errand.run([&](const Answer& answer) { answered = answer; },
                   [release](const std::stop_token&) -> Answer {
                       release.wait();
                       return 7;
                   });
        runtime::run_until(loop, [&] { return answered.has_value(); });
        return !answered ? "nothing" : *answered ? "well" : answered->error().message;
    };
    EXPECT_EQ(ask(), "seeds: the file system does not answer");
    EXPECT_EQ(ask(), "seeds: the file system still hangs");
    hung.set_value();
    std::string last;
    EXPECT_TRUE(runtime::run_until(loop, [&] { return (last = ask()) == "well"; })) << last;
}

TEST(Errand, ends_though_its_work_does_not) {
    std::promise<void> hung;
    const auto release = hung.get_future().share();
    // Shared, since the thread may still be setting it when this test is over.
    const auto ended = std::make_shared<std::promise<void>>();
    bool answered = false;
    {
        boost::asio::io_context loop;
        Errand<Answer> errand("seeds", for_ever, loop);
        // Told when the thread gives back what it works on, after its answer went nowhere.
        const auto last_breath = std::shared_ptr<char>(new char, [ended](const char* breath) {
            delete breath;
            ended->set_value();
        });
        errand.run([&](const Answer&) { answered = true; },
                   [release, last_breath](const std::stop_token&) -> Answer {
                       release.wait();
                       return 7;
                   });
    }
    hung.set_value();
    EXPECT_EQ(ended->get_future().wait_for(10s), std::future_status::ready);
    EXPECT_FALSE(answered);
}

TEST(Errand, waits_for_work_that_ends_when_it_is_called_off) {
    const auto tidied = std::make_shared<std::atomic<bool>>(false);
    {
        boost::asio::io_context loop;
        Errand<Answer> errand("seeds", for_ever, loop);
        errand.run([](const Answer&) {},
                   [tidied](const std::stop_token& stop) -> Answer {
                       while (!stop.stop_requested()) std::this_thread::yield();
                       *tidied = true;
                       return 7;
                   });
    }
    EXPECT_TRUE(*tidied);
}

}  // namespace
}  // namespace scrimp::providers
