// Carries out what a proxy::Rollout asks: files, commands, one question to the running proxy. It
// decides nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "proxy/rollout.h"
#include "runtime/command.h"
#include "runtime/deadline_timer.h"
#include "runtime/http_client.h"
#include "runtime/line_question.h"

namespace scrimp::runtime {

/// How long the proxy on this machine may take to answer for its generation.
inline constexpr Duration generation_answer_longest = std::chrono::seconds{1};
/// And to answer on its socket: it does so between two turns of its loop.
inline constexpr Duration runtime_answer_longest = std::chrono::seconds{2};

/// What others do for a RolloutDriver, each called from the loop.
struct RolloutWays {
    std::function<void(const proxy::RolloutEnded&)> ended;
    std::function<void(const proxy::RolloutNotice&)> noticed;
    std::function<proxy::OldWorkers()> count_old_workers;
};

/// The loop must not run on after the driver is destroyed.
class RolloutDriver {
  public:
    /// `rollout` must outlive the driver and be called by nobody else, but to look at it.
    RolloutDriver(boost::asio::io_context& loop, proxy::Rollout& rollout, RolloutWays ways);

    void handle_table(const service::RoutingTable& table);
    void handle_certificates(std::shared_ptr<const proxy::Certificates> certificates);
    void handle_pin(std::string generation, std::string text);
    void handle_unpin();

    /// Whether a command or a question is under way.
    [[nodiscard]] bool busy() const { return command_ || question_ || runtime_question_; }
    /// Calls `then` once when nothing is under way, from the loop or at once; nothing new is begun
    /// from now on. What was under way keeps its own time limit.
    void stop(std::function<void()> then);

  private:
    void pump();
    /// The outcome if it is there at once.
    [[nodiscard]] std::optional<Result<std::string>> perform(const proxy::RolloutAction& action);
    void run(const proxy::RunCommand& run);
    void ask(const proxy::AskGeneration& ask);
    void ask(const proxy::AskRuntime& ask);
    void finish(const Result<std::string>& outcome);

    boost::asio::io_context& loop_;
    proxy::Rollout& rollout_;
    RolloutWays ways_;
    DeadlineTimer timer_;
    std::unique_ptr<Command> command_;
    std::unique_ptr<HttpGet> question_;
    std::unique_ptr<LineQuestion> runtime_question_;
    std::function<void()> stopped_;
    bool stopping_ = false;
};

}  // namespace scrimp::runtime
