#include "sim/lifeguard.h"

#include <algorithm>
#include <map>
#include <set>

#include "sim/world.h"

namespace scrimp::sim {
namespace {

constexpr Duration quiet = std::chrono::seconds{15};
constexpr Duration detection_longest = std::chrono::seconds{120};
/// Far beyond any suspicion: a refused stream shortens none.
constexpr Duration off = std::chrono::hours{24};
/// The paper's K.
constexpr int wanted_confirmations = 3;

/// A cluster at rest, and those of its agents that will be slow.
class Experiment {
  public:
    Experiment(const swim::Config& config, const Anomalies& anomalies, std::uint64_t seed)
        : world_(options_of(config), seed), anomalies_(anomalies) {
        const auto ids = world_.spawn_known(anomalies.agents);
        world_.run_for(quiet);
        Random chance(seed);
        std::vector<HostId> shuffled = ids;
        chance.shuffle(std::span(shuffled));
        slow_.assign(shuffled.begin(),
                     shuffled.begin() + static_cast<std::ptrdiff_t>(anomalies.slow));
        for (const HostId id : slow_) names_.insert(world_.name(id));
        began_ = world_.now();
        seen_ = world_.sightings().size();
    }

    World& world() { return world_; }
    [[nodiscard]] Duration elapsed() const { return world_.now() - began_; }
    [[nodiscard]] Instant began() const { return began_; }
    [[nodiscard]] bool is_slow(HostId id) const {
        return std::find(slow_.begin(), slow_.end(), id) != slow_.end();
    }
    [[nodiscard]] bool is_slow(const std::string& name) const { return names_.contains(name); }

    /// All at once, for as long as the anomaly lasts.
    void block() {
        for (const HostId id : slow_) world_.block(id);
        world_.run_for(anomalies_.blocked);
        for (const HostId id : slow_) world_.unblock(id);
    }

    /// Deaths declared since the experiment began.
    template <class Use>
    void for_each_death(Use&& use) const {
        const auto& all = world_.sightings();
        for (std::size_t i = seen_; i < all.size(); ++i) {
            if (all[i].change == swim::Change::Failed) use(all[i]);
        }
    }

    void add_load(std::uint64_t& packets, std::uint64_t& bytes) const {
        for (const Host& host : world_.hosts()) {
            packets += host.node().stats().packets_sent;
            bytes += host.node().stats().bytes_sent;
        }
    }

  private:
    static Options options_of(const swim::Config& config) {
        Options options{.config = config, .quality = {}};
        options.check_rules = false;
        options.config.envelope.compress = false;
        return options;
    }

    World world_;
    Anomalies anomalies_;
    std::vector<HostId> slow_;
    std::set<std::string> names_;
    Instant began_;
    std::size_t seen_ = 0;
};

}  // namespace

swim::Config paper_config(const LifeguardParts& parts) {
    swim::Config config;
    config.suspicion_mult = parts.alpha;
    config.suspicion_max_timeout_mult = parts.suspicion ? parts.beta : 1;
    config.confirmations = parts.suspicion ? wanted_confirmations : 0;
    if (!parts.probe) config.awareness_max = 1;
    config.tells_suspects = parts.buddy;
    config.suspicion_after_refusal = off;
    config.suspicion_after_two_refusals = off;
    config.reconnect_interval = Duration::zero();
    config.stranger_interval = Duration::zero();
    return config;
}

std::vector<LifeguardSetting> paper_settings() {
    return {
        {"SWIM", paper_config({})},
        {"LHA-Probe", paper_config({.probe = true})},
        {"LHA-Suspicion", paper_config({.suspicion = true})},
        {"Buddy System", paper_config({.buddy = true})},
        {"Lifeguard", paper_config({.probe = true, .suspicion = true, .buddy = true})},
        {"our default", swim::lan_profile()},
    };
}

std::vector<LifeguardSetting> paper_patience() {
    std::vector<LifeguardSetting> settings;
    for (const int alpha : {2, 4, 5}) {
        for (const int beta : {2, 4, 6}) {
            if (alpha == 5 && beta == 6) continue;
            settings.push_back({"alpha " + std::to_string(alpha) + " beta " + std::to_string(beta),
                                paper_config({.probe = true,
                                              .suspicion = true,
                                              .buddy = true,
                                              .alpha = alpha,
                                              .beta = beta})});
        }
    }
    return settings;
}

IntervalOutcome run_interval(const swim::Config& config, const Anomalies& anomalies,
                             std::uint64_t seed) {
    Experiment experiment(config, anomalies, seed);
    IntervalOutcome outcome;
    std::uint64_t packets_before = 0;
    std::uint64_t bytes_before = 0;
    experiment.add_load(packets_before, bytes_before);
    for (;;) {
        experiment.block();
        if (experiment.elapsed() >= detection_longest) break;
        experiment.world().run_for(anomalies.open);
    }
    experiment.for_each_death([&](const Sighting& death) {
        if (experiment.is_slow(death.name)) return;
        ++outcome.false_deaths;
        if (!experiment.is_slow(death.observer)) ++outcome.false_deaths_at_healthy;
    });
    experiment.add_load(outcome.packets, outcome.bytes);
    outcome.packets -= packets_before;
    outcome.bytes -= bytes_before;
    outcome.span = experiment.elapsed();
    return outcome;
}

ThresholdOutcome run_threshold(const swim::Config& config, const Anomalies& anomalies,
                               std::uint64_t seed) {
    Experiment experiment(config, anomalies, seed);
    experiment.block();
    struct Found {
        Duration first;
        std::set<HostId> by;
        Duration full{};
    };
    std::map<std::string, Found> found;
    const std::size_t healthy = anomalies.agents - anomalies.slow;
    experiment.for_each_death([&](const Sighting& death) {
        if (!experiment.is_slow(death.name) || experiment.is_slow(death.observer)) return;
        const Duration after = death.at - experiment.began();
        Found& one = found.try_emplace(death.name, Found{after, {}}).first->second;
        one.by.insert(death.observer);
        if (one.by.size() == healthy && one.full == Duration::zero()) one.full = after;
    });
    ThresholdOutcome outcome;
    for (const auto& [name, one] : found) {
        outcome.first.push_back(one.first);
        if (one.full != Duration::zero()) outcome.full.push_back(one.full);
    }
    return outcome;
}

}  // namespace scrimp::sim
