// Publishes where we are in the seed store, and says how that goes: in the log on the first
// failure, then at growing distances, and on recovery; in the status at any time. Nothing else
// hangs on it: a store that fails costs newcomers their way in and the members nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "app/outage.h"
#include "providers/providers.h"

namespace scrimp::app {

class Publisher {
  public:
    /// `store` must publish (SeedStore::publishes), and outlive us.
    explicit Publisher(providers::SeedStore& store) : store_(store) {}

    /// One at a time.
    void publish(const Endpoint& self, std::function<void(Result<void>)> done);

    /// "seeds published 20 s ago", "publishing fails since 3 min: REASON"; empty before
    /// the first outcome.
    [[nodiscard]] std::string status(Instant now) const;

  private:
    void report(const Endpoint& self, const Result<void>& outcome);

    providers::SeedStore& store_;
    Outage outage_{"publishing"};
    std::optional<Endpoint> published_;
    Instant published_at_{};
};

}  // namespace scrimp::app
