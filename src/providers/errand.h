// Work that blocks, for a store that may not: each run is on a short-lived thread, its answer comes
// to the event loop. No thread stays behind between the runs.
//
// The work may hang for as long as a network file system does, in a call that nobody can break off.
// So whoever asked is answered after a while in any case, since another store may know more, and
// the end of an Errand waits for its thread only as long as work that is called off may need. A
// thread that hangs beyond it is left to itself: it holds nothing but its own copy of what it works
// on and a Line that has been cut.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "base/result.h"
#include "runtime/clock.h"
#include "runtime/deadline_timer.h"

namespace scrimp::providers {

/// What work gets to finish in when it is called off: a write that was begun, its fsync.
inline constexpr auto farewell_longest = std::chrono::seconds{2};

/// The way from a thread to the event loop, which either end may outlive.
class Line {
  public:
    explicit Line(boost::asio::io_context& loop) : loop_(&loop) {}

    /// By the thread, as the last it does: `answer` is called on the loop, or never.
    void end_with(std::function<void()> answer) {
        const std::lock_guard turn(mutex_);
        ended_ = true;
        if (loop_ != nullptr) boost::asio::post(*loop_, std::move(answer));
        changed_.notify_all();
    }
    /// By the loop: nothing is posted after this.
    void cut() {
        std::unique_lock turn(mutex_);
        loop_ = nullptr;
        changed_.wait_for(turn, farewell_longest, [this] { return ended_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    boost::asio::io_context* loop_;
    bool ended_ = false;
};

/// One kind of call, one at a time. `Answer` is a Result.
template <class Answer>
class Errand {
  public:
    using Done = std::function<void(Answer)>;
    using Work = std::function<Answer(const std::stop_token&)>;

    /// `name` stands before its own errors; `longest` is when whoever asked is answered in any
    /// case.
    Errand(std::string name, Duration longest, boost::asio::io_context& loop)
        : name_(std::move(name)), longest_(longest), loop_(loop), patience_(loop, [this](Instant) {
              refuse(std::exchange(done_, nullptr), "the file system does not answer");
          }) {}
    ~Errand() {
        if (!line_) return;
        stop_.request_stop();
        line_->cut();
    }
    Errand(const Errand&) = delete;
    Errand& operator=(const Errand&) = delete;

    /// `work` on a thread, then `done` with its outcome on the loop, unless we are gone. The work
    /// shall own what it uses, and end soon once it is asked to stop.
    void run(Done done, Work work) {
        // Another thread would hang as well.
        if (line_) return refuse(std::move(done), "the file system still hangs");
        line_ = std::make_shared<Line>(loop_);
        stop_ = std::stop_source();
        try {
            std::thread([line = line_, stop = stop_.get_token(), alive = std::weak_ptr(alive_),
                         this, work = std::move(work)] {
                line->end_with([this, alive, outcome = work(stop)] {
                    if (!alive.expired()) finish(outcome);
                });
            }).detach();
        } catch (const std::system_error& error) {
            line_ = nullptr;
            return refuse(std::move(done), std::string("no thread to work on it: ") + error.what());
        }
        done_ = std::move(done);
        patience_.arm(runtime::now() + longest_);
    }

  private:
    void finish(Answer outcome) {
        line_ = nullptr;
        patience_.arm(never);
        // Last, since whoever is answered may destroy us. Who was refused meanwhile is not answered
        // again.
        if (const Done done = std::exchange(done_, nullptr)) done(std::move(outcome));
    }
    void refuse(Done done, const std::string& why) {
        if (!done) return;
        boost::asio::post(loop_, [alive = std::weak_ptr(alive_), done = std::move(done),
                                  sentence = name_ + ": " + why] {
            if (!alive.expired()) done(fail(sentence));
        });
    }

    std::string name_;
    Duration longest_;
    boost::asio::io_context& loop_;
    runtime::DeadlineTimer patience_;
    Done done_;
    std::stop_source stop_;
    std::shared_ptr<Line> line_;  ///< To the thread that works, if one does.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace scrimp::providers
