// Finds the way into the cluster, keeps looking while we are lonely, and, on a load balancer, keeps
// our own address published. Period, jitter and back-off live here, so they can be simulated.
//
// Lonely: nobody but us is alive, or we are a backend and no load balancer is. While lonely it
// fetches and joins for ever, backing off from retry_min to retry_max, and says so (Waiting).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/machine.h"

namespace scrimp::seed {

struct KeeperConfig {
    bool fetches = false;    ///< A provider is configured.
    bool publishes = false;  ///< A load balancer with a provider.
    Endpoint self;           ///< Dropped from what is joined.
    /// Peers of the life before this one, tried beside the fetched seeds.
    std::vector<Endpoint> remembered;
    Duration publish_period = std::chrono::seconds{60};
    Duration publish_jitter = std::chrono::seconds{5};
    /// Added to the next publish for each failure in a row, at most publish_backoff_max.
    Duration publish_backoff = std::chrono::seconds{5};
    Duration publish_backoff_max = std::chrono::seconds{300};
    Duration retry_min = std::chrono::milliseconds{250};
    Duration retry_max = std::chrono::seconds{5};
};

struct FetchSeeds {
    friend bool operator==(const FetchSeeds&, const FetchSeeds&) = default;
};
struct PublishSelf {
    friend bool operator==(const PublishSelf&, const PublishSelf&) = default;
};
struct JoinSeeds {
    std::vector<Endpoint> seeds;
    friend bool operator==(const JoinSeeds&, const JoinSeeds&) = default;
};
/// For a log line: why we are not in yet, and when the next try is.
struct Waiting {
    std::string reason;
    Duration next_try;
    int attempts;
    friend bool operator==(const Waiting&, const Waiting&) = default;
};
using KeeperAction = std::variant<FetchSeeds, PublishSelf, JoinSeeds, Waiting>;

class Keeper {
  public:
    Keeper(Instant now, KeeperConfig config, std::uint64_t seed);
    ~Keeper();

    void handle_fetched(Instant now, const Result<std::vector<Endpoint>>& seeds);
    void handle_joined(Instant now, int reached, int attempted, const std::string& last_error);
    void handle_published(Instant now, const Result<void>& outcome);
    /// Whether the cluster as we see it leaves us lonely; true at the start.
    void handle_lonely(Instant now, bool lonely);
    void handle_deadline(Instant now);
    [[nodiscard]] std::optional<KeeperAction> poll_action();
    [[nodiscard]] Instant next_deadline() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<Keeper>);

}  // namespace scrimp::seed
