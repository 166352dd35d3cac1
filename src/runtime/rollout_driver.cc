#include "runtime/rollout_driver.h"

#include <cstdio>
#include <utility>

#include "proxy/fingerprint.h"
#include "runtime/clock.h"
#include "runtime/files.h"

namespace scrimp::runtime {

namespace {

using Outcome = std::optional<Result<std::string>>;

Outcome outcome_of(const Result<void>& done) {
    if (!done) return Result<std::string>(tl::unexpected(done.error()));
    return Result<std::string>(std::string());
}

/// A text is a few hundred bytes an application; the limit is far from any.
constexpr std::size_t copied_bytes_max = std::size_t{64} << 20;

Result<std::string> copy(const proxy::CopyFile& copy) {
    const auto text = read_file(copy.from, copied_bytes_max);
    if (!text) return tl::unexpected(text.error());
    if (!*text) return fail("there is no " + copy.from + " any more");
    if (const auto copied = replace_file(copy.to, **text); !copied) {
        return tl::unexpected(copied.error());
    }
    return proxy::fingerprint(**text);
}

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

}  // namespace

RolloutDriver::RolloutDriver(boost::asio::io_context& loop, proxy::Rollout& rollout,
                             RolloutWays ways)
    : loop_(loop), rollout_(rollout), ways_(std::move(ways)), timer_(loop, [this](Instant when) {
          rollout_.handle_deadline(when);
          pump();
      }) {}

void RolloutDriver::handle_table(const service::RoutingTable& table) {
    rollout_.handle_table(now(), table);
    pump();
}

void RolloutDriver::handle_certificates(
    std::shared_ptr<const proxy::Certificates> certificates) {
    rollout_.handle_certificates(now(), std::move(certificates));
    pump();
}

void RolloutDriver::handle_pin(std::string generation, std::string text) {
    rollout_.handle_pin(now(), std::move(generation), std::move(text));
    pump();
}

void RolloutDriver::handle_unpin() {
    rollout_.handle_unpin(now());
    pump();
}

void RolloutDriver::stop(std::function<void()> then) {
    stopping_ = true;
    timer_.arm(never);
    if (!busy()) return then();
    stopped_ = std::move(then);
}

void RolloutDriver::pump() {
    if (stopping_) return;
    Outcome outcome;
    do {
        outcome.reset();
        while (const std::optional<proxy::RolloutAction> action = rollout_.poll_action()) {
            if (Outcome at_once = perform(*action)) outcome = std::move(at_once);
        }
        if (outcome) rollout_.handle_done(now(), *outcome);
    } while (outcome);
    timer_.arm(rollout_.next_deadline());
}

Outcome RolloutDriver::perform(const proxy::RolloutAction& action) {
    return std::visit(
        Overloaded{
            [](const proxy::WriteFile& file) {
                return outcome_of(write_file(file.path, file.text));
            },
            [](const proxy::SwapFile& swap) { return outcome_of(swap_file(swap.from, swap.to)); },
            [](const proxy::CopyFile& file) { return Outcome(copy(file)); },
            [this](const proxy::RunCommand& command) {
                run(command);
                return Outcome();
            },
            [this](const proxy::AskGeneration& question) {
                ask(question);
                return Outcome();
            },
            [this](const proxy::AskRuntime& question) {
                ask(question);
                return Outcome();
            },
            [this](const proxy::CountOldWorkers&) {
                return Outcome(proxy::old_workers_text(ways_.count_old_workers()));
            },
            [this](const proxy::RolloutNotice& notice) {
                ways_.noticed(notice);
                return Outcome();
            },
            [](const proxy::PrintText& text) {
                print(text.text);
                return Outcome();
            },
            [this](const proxy::RolloutEnded& end) {
                ways_.ended(end);
                return Outcome();
            }},
        action);
}

void RolloutDriver::run(const proxy::RunCommand& run) {
    command_ = std::make_unique<Command>(loop_, run.argv, run.timeout,
                                         [this](const Result<std::string>& outcome) {
                                             command_.reset();
                                             finish(outcome);
                                         });
}

void RolloutDriver::ask(const proxy::AskGeneration& ask) {
    const Endpoint proxy = *parse_ip("127.0.0.1", ask.port);
    question_ = std::make_unique<HttpGet>(loop_, proxy, std::string(proxy::generation_path),
                                          generation_answer_longest,
                                          [this](const Result<std::string>& outcome) {
                                              question_.reset();
                                              finish(outcome);
                                          });
}

void RolloutDriver::ask(const proxy::AskRuntime& ask) {
    runtime_question_ =
        std::make_unique<LineQuestion>(loop_, ask.socket_path, ask.request, runtime_answer_longest,
                                       [this](const Result<std::string>& outcome) {
                                           runtime_question_.reset();
                                           finish(outcome);
                                       });
}

void RolloutDriver::finish(const Result<std::string>& outcome) {
    if (stopping_) {
        if (const auto then = std::exchange(stopped_, nullptr)) then();
        return;
    }
    rollout_.handle_done(now(), outcome);
    pump();
}

}  // namespace scrimp::runtime
