// Finds the way into the cluster, keeps looking while we are lonely, and, on a load balancer, keeps
// our own address published. Period, jitter and back-off live here, so they can be simulated.
//
// Lonely: nobody but us is alive, or we are a backend and no load balancer is. While lonely it
// works in rounds, for ever. A round fetches the seeds and, beside that, joins everybody already
// known (peers remembered from an earlier life, seeds of the last fetch that held any), then what
// the fetch added; a store that is down or slow so never keeps us from peers we know. A round that
// leads nowhere is followed by a wait that doubles from retry_min to retry_max, shortened by chance
// so that a fleet that lost its balancer does not return in step. Waiting says why, at growing
// distances. The first round is played to its end whether lonely or not: after a power cut
// neighbours find each other first, and would stay a cluster of their own beside the one the seeds
// name. Members lost in this life are not its business: swim::Node calls on them by itself. A
// balancer that finds no seed but itself is the first of its cluster: no fault, yet it looks again
// every retry_max, since another may have started at the same moment.
//
// A balancer looks at the seeds now and then though it has company. A network that falls apart may
// leave a balancer on each side, and nodes that were started anew since know nobody of the other;
// the seeds still name both balancers. One look in each look_period by each balancer is all it
// costs: a side without a balancer is lonely and looks anyway. The first look follows retry_max
// after the first publication: two balancers that started at once may each have a backend already.
//
// Publishing is the original's loop (push_task.go): period, plus chance below jitter, publish;
// after failures longer by publish_backoff for each. One thing is added: until the first success
// the period is not waited for, since nobody can find us.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/machine.h"
#include "base/result.h"

namespace scrimp::seed {

/// Seeds in one JoinSeeds. Each is a stream and a whole state to merge; a dozen of them will hold
/// one that lives, and further ones follow in the same round if not.
inline constexpr std::size_t join_batch_max = 16;

struct KeeperConfig {
    bool fetches = false;    ///< A provider is configured.
    bool publishes = false;  ///< A load balancer with a provider.
    Endpoint self{};         ///< Dropped from what is joined.
    /// Peers of the life before this one, tried beside the fetched seeds; the first
    /// join_batch_max count.
    std::vector<Endpoint> remembered{};
    Duration publish_period = std::chrono::seconds{60};
    Duration publish_jitter = std::chrono::seconds{5};
    /// Added to the next publish for each failure in a row, at most publish_backoff_max.
    Duration publish_backoff = std::chrono::seconds{5};
    Duration publish_backoff_max = std::chrono::seconds{300};
    Duration retry_min = std::chrono::milliseconds{250};
    Duration retry_max = std::chrono::seconds{5};
    /// Less up to a fifth by chance; so that halves meet within a minute. Zero: never.
    Duration look_period = std::chrono::seconds{50};
};

struct FetchSeeds {
    friend bool operator==(const FetchSeeds&, const FetchSeeds&) = default;
};
struct PublishSelf {
    friend bool operator==(const PublishSelf&, const PublishSelf&) = default;
};
/// At least one seed and at most join_batch_max, none of them ourselves.
struct JoinSeeds {
    std::vector<Endpoint> seeds;
    friend bool operator==(const JoinSeeds&, const JoinSeeds&) = default;
};
/// Those of them who are no members yet may be of another part of a cluster that fell apart: call
/// on them. Not answered. As many as in JoinSeeds.
struct MeetSeeds {
    std::vector<Endpoint> seeds;
    friend bool operator==(const MeetSeeds&, const MeetSeeds&) = default;
};
/// For a log line: why we are not in yet, and when the next try is.
struct Waiting {
    std::string reason;
    Duration next_try;
    int attempts;
    friend bool operator==(const Waiting&, const Waiting&) = default;
};
using KeeperAction = std::variant<FetchSeeds, PublishSelf, JoinSeeds, MeetSeeds, Waiting>;

/// Contract. The first deadline is the time of construction: the first fetch, join and publish come
/// out of it. Every FetchSeeds, JoinSeeds and PublishSelf is answered once by its handle_ call;
/// none is asked for a second time before.
class Keeper {
  public:
    Keeper(Instant now, KeeperConfig config, std::uint64_t seed);
    ~Keeper();

    void handle_fetched(Instant now, const Result<std::vector<Endpoint>>& seeds);
    void handle_joined(Instant now, int reached, int attempted, const std::string& last_error);
    void handle_published(Instant now, const Result<void>& outcome);
    /// Whether the cluster as we see it leaves us lonely; true at the start.
    void handle_lonely(Instant now, bool lonely);
    /// We are another node now, reached at `self`, and know nobody yet: it begins as at its
    /// construction, with `peers` remembered, and publishes at once. A join under way is void and
    /// must not be answered; a fetch or publish under way still is.
    void handle_moved(Instant now, const Endpoint& self, const std::vector<Endpoint>& peers);
    void handle_deadline(Instant now);
    [[nodiscard]] std::optional<KeeperAction> poll_action();
    [[nodiscard]] Instant next_deadline() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<Keeper>);

}  // namespace scrimp::seed
