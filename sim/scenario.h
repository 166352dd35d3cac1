// The start of every scenario test: a world that must not have broken a rule when it ends.
#pragma once

#include <gtest/gtest.h>

#include "sim/liveness.h"
#include "sim/world.h"

namespace scrimp::sim {

inline Options lan() {
    return {.config = swim::lan_profile(), .quality = {}};
}

inline Options lossy(double loss) {
    Options options = lan();
    options.quality.loss = loss;
    return options;
}

class Scenario : public World {
  public:
    explicit Scenario(Options options = lan(), std::uint64_t seed = 1)
        : World(std::move(options), seed) {}
    ~Scenario() { EXPECT_EQ(complaint(), ""); }
    Scenario(const Scenario&) = delete;
    Scenario& operator=(const Scenario&) = delete;

    /// A cluster that has found together, without a sighting left from the joins.
    std::vector<HostId> converged_cluster(std::size_t count) {
        auto ids = spawn_cluster(count);
        EXPECT_TRUE(converges_within(std::chrono::seconds{60}));
        return ids;
    }
    bool converges_within(Duration bound) {
        const bool converged = run_until_converged(*this, bound).has_value();
        EXPECT_TRUE(converged) << find_disagreement(*this).value_or("");
        return converged;
    }
    /// Whether everyone running, other than `subject`, comes to see it so within `bound`.
    bool all_see_within(Duration bound, HostId subject, swim::State state) {
        return run_until(bound, [&] {
            for (const Host& host : hosts()) {
                if (!host.running() || host.id() == subject) continue;
                if (!sees(host.id(), subject, state)) return false;
            }
            return true;
        });
    }
};

}  // namespace scrimp::sim
