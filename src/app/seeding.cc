#include "app/seeding.h"

#include <string>
#include <utility>

#include "base/words.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/nonces.h"

namespace scrimp::app {

namespace {

seed::KeeperConfig keeper_config(const Config& config, const Endpoint& self,
                                 const std::vector<service::Remembered>& known,
                                 const SeedMeans& means) {
    seed::KeeperConfig keeper;
    keeper.fetches = means.store != nullptr;
    keeper.publishes = means.publisher != nullptr;
    keeper.self = self;
    keeper.remembered = endpoints_of(known);
    keeper.publish_period = config.load_balancer_config.push_period;
    keeper.publish_jitter = config.load_balancer_config.push_jitter;
    return keeper;
}

}  // namespace

std::vector<Endpoint> endpoints_of(const std::vector<service::Remembered>& members) {
    std::vector<Endpoint> endpoints;
    for (const service::Remembered& member : members) endpoints.push_back(member.endpoint);
    return endpoints;
}

Seeding::Seeding(boost::asio::io_context& loop, const Config& config, const Endpoint& self,
                 const std::vector<service::Remembered>& known, SeedMeans means)
    : means_(std::move(means)),
      keeper_(runtime::now(), keeper_config(config, self, known, means_), runtime::kernel_seed()),
      driver_(loop, keeper_, ways()) {}

runtime::SeedWays Seeding::ways() {
    return {.fetch = [this](auto done) { means_.store->fetch(std::move(done)); },
            .publish =
                [this](auto done) {
                    // The resolver is asked each time, its answer may have changed.
                    means_.whereabouts.look([this, done = std::move(done)](const Endpoint& self) {
                        means_.publisher->publish(self, [this, done](const Result<void>& outcome) {
                            means_.published();
                            done(outcome);
                        });
                    });
                },
            .join = [this](std::span<const Endpoint> seeds) { return means_.gossip.join(seeds); },
            .meet = [this](std::span<const Endpoint> seeds) { means_.gossip.meet(seeds); },
            .waiting =
                [](const seed::Waiting& waiting) {
                    runtime::log_info("still looking for the cluster: " + waiting.reason +
                                      "; next try in " + rough_text(waiting.next_try) +
                                      " (attempt " + std::to_string(waiting.attempts) + ")");
                }};
}

}  // namespace scrimp::app
