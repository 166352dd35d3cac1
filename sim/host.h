// One simulated machine and the life of the process on it: a Node, and beside it, where wanted, a
// Keeper that finds the way in. Host is to the simulator what the gossip driver is to the product:
// it carries actions to the network and deliveries to the node, and decides nothing. Everything it
// carries passes the checkers.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "seed/keeper.h"
#include "sim/checkers.h"
#include "sim/network.h"
#include "sim/trace.h"
#include "swim/node.h"

namespace scrimp::sim {

struct Options {
    swim::Config config;
    LinkQuality quality;
    bool split_streams = true;
    /// Timers of a busy machine fire late, by up to this.
    Duration timer_late_max = Duration::zero();
    /// Chance that a delivery comes with a deadline call nobody asked for.
    double spurious_deadlines = 0;
    /// Every node has a Keeper, and the balancers publish themselves in the seed store.
    bool keepers = false;
    /// A restarted process knows whom the one before it knew.
    bool remembers = true;
    double seed_store_failure = 0;
    Duration seed_store_delay = std::chrono::milliseconds{30};
    /// Off where forged but well-formed messages are part of the scenario.
    bool check_truth = true;
};

struct HostSpec {
    std::string name;
    Endpoint endpoint;
    Bytes metadata;
    bool balancer = false;
};

/// A member event and who saw it.
struct Sighting {
    Instant at;
    HostId observer;
    swim::Change change;
    std::string name;
};

struct Violation {
    Instant at;
    std::string observer;
    std::string rule;
};

/// What all hosts of one world share.
struct Surroundings {
    Surroundings(const Options& given, Instant start, std::uint64_t seed, std::ostream* text)
        : options(given), random(seed), network(random.next()), trace(start, text) {
        network.set_quality(options.quality);
        network.set_splitting(options.split_streams);
    }

    const Options& options;
    Random random;
    Network network;
    Trace trace;
    Truth truth;
    std::set<std::string, std::less<>> balancers;
    std::vector<Endpoint> seed_store;
    std::vector<Sighting> sightings;
    std::vector<Violation> violations;
};

class Host {
  public:
    Host(HostId id, HostSpec spec, Surroundings& world);
    ~Host();
    Host(Host&&) noexcept;

    /// Starts a process; there must be none (asserted).
    void start(Instant now);
    /// Ends it as SIGKILL does. `silent`: the whole machine is gone and refuses nothing.
    void kill(Instant now, bool silent);
    /// As SIGSTOP: the kernel goes on accepting, up to its buffers.
    void pause(Instant now);
    void resume(Instant now);

    void deliver(Instant now, Delivery delivery);
    void wake(Instant now);
    [[nodiscard]] Instant next_deadline() const;

    /// Calls the node as the floor above would, and carries what follows.
    template <class Call>
    auto act(Instant now, Call&& call) {
        auto result = call(node(), now);
        settle(now);
        return result;
    }
    void leave(Instant now);

    [[nodiscard]] HostId id() const { return id_; }
    [[nodiscard]] const HostSpec& spec() const { return spec_; }
    /// There must be a process (asserted).
    [[nodiscard]] swim::Node& node();
    [[nodiscard]] const swim::Node& node() const;
    [[nodiscard]] bool running() const { return life_ != nullptr; }
    [[nodiscard]] bool paused() const { return paused_; }
    [[nodiscard]] bool leaving() const;
    [[nodiscard]] bool left() const;
    /// Of this life.
    [[nodiscard]] const std::vector<Bytes>& inbox() const;
    [[nodiscard]] const std::vector<swim::JoinFinished>& joins() const;
    [[nodiscard]] int join_attempts() const;

  private:
    struct Life;

    void remember();
    void handle(Instant now, Delivery& delivery);
    void settle(Instant now);
    void carry(Instant now, swim::Action& action);
    void carry(Instant now, const swim::SendPacket& packet);
    void carry_event(Instant now, const swim::MemberEvent& event);
    [[nodiscard]] bool serve_keeper(Instant now);
    void carry_keeper(Instant now, seed::KeeperAction& action);
    void answer_errands(Instant now);
    void check(Instant now);
    void report(Instant now, const Finding& finding);
    void name_stream(Instant now, swim::StreamId stream, ConnectionEnd end);
    void forget_stream(Instant now, swim::StreamId stream);

    HostId id_;
    HostSpec spec_;
    Surroundings* world_;
    std::unique_ptr<Life> life_;
    bool paused_ = false;
    Instant paused_at_{};
    std::deque<Delivery> held_;
    std::vector<Endpoint> remembered_;
};

}  // namespace scrimp::sim
