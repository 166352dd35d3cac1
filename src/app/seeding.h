// The way into the cluster and what newcomers find it by: the keeper of seeds with its driver, and
// the ways it has in this node.
#pragma once

#include <functional>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "app/config.h"
#include "app/publisher.h"
#include "app/whereabouts.h"
#include "providers/providers.h"
#include "runtime/gossip_driver.h"
#include "runtime/seed_driver.h"
#include "seed/keeper.h"
#include "service/remembered.h"

namespace scrimp::app {

[[nodiscard]] std::vector<Endpoint> endpoints_of(const std::vector<service::Remembered>& members);

/// What a node has to seed with.
struct SeedMeans {
    providers::SeedStore* store;  ///< Null: there is none.
    Publisher* publisher;         ///< Null: we publish nothing.
    Whereabouts& whereabouts;
    runtime::GossipDriver& gossip;
    std::function<void()> published;  ///< Or tried in vain: the publisher has something new to say.
};

/// The loop must not run on after it is destroyed.
class Seeding {
  public:
    /// `self`: where others reach us; `known`: members of the life before this one.
    Seeding(boost::asio::io_context& loop, const Config& config, const Endpoint& self,
            const std::vector<service::Remembered>& known, SeedMeans means);

    /// To be started once.
    [[nodiscard]] runtime::SeedDriver& driver() { return driver_; }

  private:
    [[nodiscard]] runtime::SeedWays ways();

    SeedMeans means_;
    seed::Keeper keeper_;
    runtime::SeedDriver driver_;
};

}  // namespace scrimp::app
