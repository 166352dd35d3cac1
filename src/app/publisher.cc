#include "app/publisher.h"

#include <utility>

#include "base/words.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace scrimp::app {

void Publisher::publish(const Endpoint& self, std::function<void(Result<void>)> done) {
    store_.publish(self, [this, self, done = std::move(done)](const Result<void>& outcome) {
        report(self, outcome);
        done(outcome);
    });
}

void Publisher::report(const Endpoint& self, const Result<void>& outcome) {
    const Instant now = runtime::now();
    if (!outcome) {
        const auto line = outage_.handle_failed(now, outcome.error().message);
        if (line) runtime::log_warning("seeds: " + *line);
        return;
    }
    if (const auto line = outage_.handle_worked(now)) runtime::log_info("seeds: " + *line);
    if (published_ != self) runtime::log_info("seeds: " + self.text() + " is published");
    published_ = self;
    published_at_ = now;
}

std::string Publisher::status(Instant now) const {
    if (outage_.ongoing()) return outage_.text(now);
    if (!published_) return "";
    return "seeds published " + rough_text(now - published_at_) + " ago";
}

}  // namespace scrimp::app
