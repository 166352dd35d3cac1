#include "sim/way_in.h"

#include <algorithm>
#include <utility>

namespace scrimp::sim {
namespace {

seed::KeeperConfig keeper_config(const HostSpec& self, std::vector<Endpoint> remembered) {
    seed::KeeperConfig config;
    config.fetches = true;
    config.publishes = self.balancer;
    config.self = self.endpoint;
    config.remembered = std::move(remembered);
    return config;
}

}  // namespace

WayIn::WayIn(Instant now, const HostSpec& self, std::vector<Endpoint> remembered,
             Surroundings& world)
    : self_(self),
      world_(world),
      keeper_(now, keeper_config(self, std::move(remembered)), world.random.next()) {}

void WayIn::handle_joined(Instant now, const swim::JoinFinished& join) {
    keeper_.handle_joined(now, join.reached, join.attempted, join.last_error);
}

void WayIn::handle_deadline(Instant now) {
    while (const auto errand = errands_.pop(now)) answer(now, *errand);
    if (keeper_.next_deadline() <= now) keeper_.handle_deadline(now);
}

bool WayIn::serve(Instant now, swim::Node& node) {
    bool company = false;
    for (const swim::Member& member : node.members()) {
        const std::string& name = member.profile->name;
        if (!is_live(member.state) || name == self_.name) continue;
        company = company || self_.balancer || world_.balancers.contains(name);
    }
    keeper_.handle_lonely(now, !company);
    bool asked = false;
    while (const auto action = keeper_.poll_action()) {
        carry(now, node, *action);
        asked = true;
    }
    return asked;
}

Instant WayIn::next_deadline() const {
    return std::min(keeper_.next_deadline(), errands_.next());
}

void WayIn::carry(Instant now, swim::Node& node, const seed::KeeperAction& action) {
    const Duration delay = world_.random.below(2 * world_.options.seed_store_delay);
    std::visit(Overloaded{
                   [&](const seed::FetchSeeds&) { errands_.push(now + delay, Errand::Fetch); },
                   [&](const seed::PublishSelf&) { errands_.push(now + delay, Errand::Publish); },
                   [&](const seed::JoinSeeds& join) {
                       ++join_attempts_;
                       const auto started = node.join(now, join.seeds);
                       if (started) return;
                       keeper_.handle_joined(now, 0, static_cast<int>(join.seeds.size()),
                                             started.error().message);
                   },
                   [&](const seed::MeetSeeds& meet) { node.meet(now, meet.seeds); },
                   [&](const seed::Waiting& waiting) {
                       world_.trace.add(now, self_.name, "waits: " + waiting.reason);
                   },
               },
               action);
}

void WayIn::answer(Instant now, Errand errand) {
    const bool failed = world_.random.chance(world_.options.seed_store_failure);
    std::vector<Endpoint>& store = world_.seed_store;
    if (errand == Errand::Fetch) {
        if (failed) {
            keeper_.handle_fetched(now, fail("the store is away"));
        } else {
            keeper_.handle_fetched(now, store);
        }
    } else if (failed) {
        keeper_.handle_published(now, fail("the store is away"));
    } else {
        if (std::find(store.begin(), store.end(), self_.endpoint) == store.end()) {
            store.push_back(self_.endpoint);
        }
        keeper_.handle_published(now, {});
    }
}

}  // namespace scrimp::sim
