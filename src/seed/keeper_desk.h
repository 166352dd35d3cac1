// A Keeper with its clock, for the tests: its calls in their words.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "seed/keeper.h"

namespace scrimp::seed {

using Seeds = std::vector<Endpoint>;
using Actions = std::vector<KeeperAction>;

inline Endpoint at(std::string_view text) {
    return *parse_endpoint(text);
}

inline const Endpoint self = at("10.0.0.1:9999");
inline const Endpoint one = at("10.0.0.2:9999");
inline const Endpoint two = at("10.0.0.3:9999");

inline KeeperConfig backend() {
    return {.fetches = true, .self = self};
}
/// Without looks in company, which have tests of their own.
inline KeeperConfig balancer() {
    return {.fetches = true, .publishes = true, .self = self, .look_period = {}};
}

struct Desk {
    explicit Desk(KeeperConfig config, std::uint64_t seed = 1)
        : keeper(now, std::move(config), seed) {}

    Instant now{std::chrono::hours(1)};
    Keeper keeper;

    Actions take() {
        Actions actions;
        while (auto action = keeper.poll_action()) actions.push_back(*action);
        return actions;
    }
    Actions begin() {
        keeper.handle_deadline(now);
        return take();
    }
    Actions fetched(const Seeds& seeds) {
        keeper.handle_fetched(now, seeds);
        return take();
    }
    Actions fetch_failed() {
        keeper.handle_fetched(now, fail("no such bucket"));
        return take();
    }
    Actions joined(int reached) {
        keeper.handle_joined(now, reached, 1, reached > 0 ? "" : "refused");
        return take();
    }
    Actions published(bool well = true) {
        keeper.handle_published(now, well ? Result<void>() : fail("forbidden"));
        return take();
    }
    Actions lonely(bool is) {
        keeper.handle_lonely(now, is);
        return take();
    }
    Actions moved(const Endpoint& to, const Seeds& peers) {
        keeper.handle_moved(now, to, peers);
        return take();
    }
    /// Goes to the next deadline and tells how long that was.
    Duration wait() {
        const Instant deadline = keeper.next_deadline();
        EXPECT_NE(deadline, never);
        const Duration waited = deadline - now;
        now = deadline;
        return waited;
    }
    Actions next() {
        (void)wait();
        return begin();
    }
};

inline const Waiting* waiting_in(const Actions& actions) {
    for (const KeeperAction& action : actions) {
        if (const auto* waiting = std::get_if<Waiting>(&action)) return waiting;
    }
    return nullptr;
}

inline bool has_fetch(const Actions& actions) {
    return std::ranges::find(actions, KeeperAction(FetchSeeds{})) != actions.end();
}

}  // namespace scrimp::seed
