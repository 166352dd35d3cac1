#include "runtime/health_driver.h"

#include <utility>

#include "base/machine.h"
#include "base/words.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace scrimp::runtime {

namespace {

/// What hinders one check hinders all, again and again: one line a minute says it.
constexpr Duration between_warnings = std::chrono::minutes{1};

}  // namespace

HealthDriver::HealthDriver(boost::asio::io_context& loop, service::Health& health, Changed changed)
    : loop_(loop), health_(health), changed_(std::move(changed)), timer_(loop, [this](Instant now) {
          health_.handle_deadline(now);
          pump();
      }) {}

void HealthDriver::call(const std::function<void(Instant now, service::Health&)>& what) {
    what(now(), health_);
    pump();
}

void HealthDriver::stop() {
    running_ = false;
    runs_.clear();
    timer_.arm(never);
}

void HealthDriver::pump() {
    if (pumping_) return;  // Somebody who was told of a change led back here; the loop goes on.
    pumping_ = true;
    while (const std::optional<service::HealthAction> action = health_.poll_action()) {
        std::visit(
            Overloaded{[this](const service::RunCheck& run) {
                           if (running_) perform(run);
                       },
                       [this](const service::StopCheck& stop) { runs_.erase(stop.id); },
                       [this](const service::ConditionChanged& change) { changed_(change); }},
            *action);
    }
    pumping_ = false;
    if (running_) timer_.arm(health_.next_deadline());
}

void HealthDriver::perform(const service::RunCheck& run) {
    Endpoint to = run.check.address.value_or(address_);
    to.port = run.check.port;
    runs_[run.id] = std::make_unique<CheckRun>(
        loop_, run.check, to,
        [this, id = run.id, application = run.application](const service::CheckOutcome& outcome) {
            const auto ended = runs_.extract(id);
            if (outcome.hindered) warn(application, outcome.reason);
            health_.handle_outcome(now(), id, outcome);
            pump();
        });
}

void HealthDriver::warn(const std::string& application, const std::string& hindrance) {
    ++unwarned_;
    if (now() < warn_at_) return;
    warn_at_ = now() + between_warnings;
    log_warning("health: the check of '" + application + "' could not be made: " + hindrance +
                "; this machine lacks something, the state stays as it was" +
                (unwarned_ == 1 ? "" : " (" + counted(unwarned_, "such check") + " so far)"));
    unwarned_ = 0;
}

}  // namespace scrimp::runtime
