#include "sim/storm.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "sim/liveness.h"
#include "sim/trader.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;

Duration drawn(Random& random, Duration least, Duration most) {
    return least + random.below(most - least);
}

/// Half of the storms leave a fault out altogether: some bugs need another fault's absence.
double share(Random& random, double most) {
    return random.chance(0.5) ? 0 : random.unit() * most;
}

swim::Config draw_profile(Random& random) {
    constexpr std::array profiles{swim::lan_profile, swim::lan_profile, swim::original_profile,
                                  swim::local_profile, swim::wan_profile};
    return profiles[random.below(std::uint64_t{profiles.size()})]();
}

Options draw_options(Random& random) {
    Options options;
    options.config = draw_profile(random);
    options.config.envelope.compress = random.chance(0.5);
    if (random.chance(0.5)) {
        // Which key is of no matter; that there is one makes every packet longer.
        static_cast<void>(options.config.envelope.keys.add(Bytes(16, std::byte{7})));
    }
    if (random.chance(0.5)) options.config.envelope.label = "storm";
    options.quality.loss = share(random, 0.3);
    options.quality.duplication = share(random, 0.2);
    options.quality.lateness = share(random, 0.2);
    options.quality.late_max = drawn(random, 1ms, 2s);
    options.quality.delay_min = drawn(random, 50us, 20ms);
    options.quality.delay_spread = drawn(random, 50us, 100ms);
    options.timer_late_max = random.chance(0.5) ? drawn(random, 1us, 50ms) : Duration::zero();
    options.spurious_deadlines = share(random, 0.1);
    options.keepers = true;
    options.remembers = random.chance(0.5);
    options.seed_store_failure = share(random, 0.5);
    options.trades = random.chance(0.5);
    return options;
}

/// What a storm does to processes, machines and links.
enum class Fault : std::uint8_t {
    Crash,
    PowerLoss,
    Pause,
    ClockStall,
    Slowness,
    Leave,
    CutOneWay,
    CutBothWays,
    CutPackets,
    News,
};
constexpr std::size_t faults_count = 10;

/// Those that this storm knows; the others it leaves out altogether.
std::vector<Fault> draw_faults(Random& random) {
    std::vector<Fault> faults;
    for (std::size_t i = 0; i < faults_count; ++i) {
        if (random.chance(0.5)) faults.push_back(static_cast<Fault>(i));
    }
    return faults;
}

/// How long it may take, once everybody knows everybody, until every list is known: one question to
/// a balancer that does not know it either and one to the backend, each after the longest wait, and
/// a second for each answer.
Duration routing_max() {
    return 2 * (service::ExchangeConfig{}.retry_max + 1s);
}

/// Answers to a broadcast come within a second.
constexpr Duration answers_late_max = 2s;

constexpr std::size_t nodes_min = 5;
constexpr std::size_t nodes_max = 50;

/// Small clusters more often: evenly up to a size that is itself drawn evenly. Drawn even if given,
/// so that what follows is the same storm.
std::size_t draw_nodes(Random& random, std::size_t given) {
    const std::uint64_t most = random.below(std::uint64_t{nodes_max - nodes_min + 1});
    const std::size_t drawn_nodes = nodes_min + random.below(most + 1);
    return given != 0 ? given : drawn_nodes;
}

class Storm {
  public:
    Storm(std::uint64_t seed, std::size_t nodes, std::ostream* text)
        : random_(seed),
          nodes_(draw_nodes(random_, nodes)),
          world_seed_(random_.next()),
          world_(draw_options(random_), world_seed_, text),
          faults_(draw_faults(random_)),
          length_(drawn(random_, 20s, 90s)),
          gap_(drawn(random_, 500ms, 10s)) {}

    StormReport run(std::uint64_t seed) {
        gather();
        world_.run_for(drawn(random_, 1s, 20s));
        const Instant end = world_.now() + length_;
        while (world_.now() < end) {
            disturb();
            world_.run_for(random_.below(2 * gap_));
        }
        calm();
        StormReport report;
        report.seed = seed;
        report.nodes = nodes_;
        report.weather = weather();
        report.bound = convergence_max(world_.options().config, nodes_);
        report.converged_after = run_until_converged(world_, report.bound);
        if (report.converged_after && world_.options().trades) {
            report.routed_after = run_until_routed(world_, routing_max());
        }
        report.disagreement = find_disagreement(world_).value_or("");
        if (report.converged_after) stay_calm(report);
        report.complaint = world_.complaint();
        report.hash = world_.trace().hash();
        report.events = world_.trace().events();
        report.virtual_time = world_.now().time_since_epoch() - 1h;
        report.faults = disturbances_;
        return report;
    }

  private:
    void gather() {
        const std::size_t balancers = 1 + random_.below(std::uint64_t{2});
        for (std::size_t i = 0; i < nodes_; ++i) {
            const bool balancer = i < balancers;
            ids_.push_back(world_.spawn(balancer, {}, draw_applications(i, balancer)));
            world_.run_for(random_.below(Duration(200ms)));
        }
    }

    /// Few enough for metadata, or too many; one's own, or those of a pool that has three editions,
    /// so that several backends announce the same list.
    std::vector<service::Application> draw_applications(std::size_t number, bool balancer) {
        if (!world_.options().trades || balancer) return {};
        const bool few = random_.chance(0.3);
        const std::size_t count = few ? 1 + random_.below(std::uint64_t{5}) : 200;
        if (random_.chance(0.3)) {
            return make_applications("pool", count, static_cast<int>(random_.below(3ULL)));
        }
        return make_applications("b" + std::to_string(number), count, ++editions_);
    }

    /// What converged must stay so, and who knows everything asks for nothing.
    void stay_calm(StormReport& report) {
        world_.run_for(answers_late_max);
        const std::size_t letters = world_.letters().size();
        world_.run_for(10s);
        if (report.disagreement.empty())
            report.disagreement = find_disagreement(world_).value_or("");
        if (!world_.options().trades || !report.disagreement.empty()) return;
        report.disagreement = find_misrouted(world_).value_or("");
        if (report.disagreement.empty() && world_.letters().size() != letters) {
            report.disagreement = "the exchange goes on though every list is known";
        }
    }

    HostId any() { return ids_[random_.below(std::uint64_t{nodes_})]; }

    std::vector<HostId> some() {
        std::vector<HostId> group;
        const double part = random_.unit();
        for (const HostId id : ids_) {
            if (random_.chance(part)) group.push_back(id);
        }
        return group;
    }

    void disturb() {
        if (faults_.empty()) return;
        ++disturbances_;
        const HostId victim = any();
        switch (faults_[random_.below(std::uint64_t{faults_.size()})]) {
            case Fault::Crash:
                return crash(victim, false);
            case Fault::PowerLoss:
                return crash(victim, true);
            case Fault::Pause:
                return stop(victim, false);
            case Fault::ClockStall:
                return stop(victim, true);
            case Fault::Slowness:
                return slow(victim);
            case Fault::Leave:
                return leave(victim);
            case Fault::CutOneWay:
                return cut(everything, false);
            case Fault::CutBothWays:
                return cut(everything, true);
            case Fault::CutPackets:
                return cut(packets_only, random_.chance(0.5));
            case Fault::News:
                return speak(victim);
        }
    }

    /// At some time within `span`, unless the storm is over before.
    void later(Duration span, std::function<void()> what) {
        world_.plan(random_.below(span), [this, what = std::move(what)] {
            if (!over_) what();
        });
    }

    void crash(HostId victim, bool silent) {
        if (!world_.host(victim).running()) return;
        world_.kill(victim, silent);
        start_later(victim);
    }

    void start_later(HostId victim) {
        later(60s, [this, victim] { start(victim); });
    }

    void start(HostId victim) {
        if (!world_.host(victim).running()) world_.restart(victim);
    }

    void stop(HostId victim, bool with_clock) {
        if (with_clock) {
            world_.freeze(victim);
        } else {
            world_.pause(victim);
        }
        later(20s, [this, victim] { world_.resume(victim); });
    }

    void slow(HostId victim) {
        world_.set_handling_time(victim, drawn(random_, 100us, 100ms));
        later(30s, [this, victim] { world_.set_handling_time(victim, Duration::zero()); });
    }

    void leave(HostId victim) {
        Host& host = world_.host(victim);
        if (!host.running() || host.paused() || host.leaving()) return;
        world_.leave(victim);
        start_later(victim);
    }

    void cut(Cut what, bool both_ways) {
        // One after the other: the order in which a compiler evaluates arguments is its own.
        const std::vector<HostId> from = some();
        const std::vector<HostId> to = some();
        world_.cut(from, to, what, both_ways);
        later(40s, [this] { world_.heal(); });
    }

    void speak(HostId victim) {
        Host& host = world_.host(victim);
        if (!host.running() || host.paused() || host.leaving()) return;
        if (!world_.options().trades) {
            world_.set_metadata(victim, "edition " + std::to_string(++editions_));
        } else if (!host.spec().balancer) {
            const auto number = static_cast<std::size_t>(victim);
            world_.set_applications(victim, draw_applications(number, false));
        }
    }

    /// The network is whole and quick; whoever is stopped goes on, whoever is leaving may finish;
    /// of those who are down most come back, at least one balancer among them, since without one
    /// nobody finds anybody.
    void calm() {
        over_ = true;
        world_.heal();
        world_.network().set_quality({});
        for (const HostId id : ids_) {
            world_.set_handling_time(id, Duration::zero());
            world_.resume(id);
        }
        world_.run_for(world_.options().config.leave_timeout + 1s);
        for (const HostId id : ids_) {
            if (id == ids_.front() || random_.chance(0.8)) start(id);
        }
    }

    [[nodiscard]] std::string weather() const {
        const LinkQuality& quality = world_.options().quality;
        std::ostringstream text;
        text.precision(2);
        text << "loss " << quality.loss << ", doubled " << quality.duplication << ", late "
             << quality.lateness << ", " << disturbances_ << " faults of " << faults_.size()
             << " kinds" << (world_.options().trades ? ", lists exchanged" : "");
        return text.str();
    }

    Random random_;
    std::size_t nodes_;
    std::uint64_t world_seed_;
    World world_;
    std::vector<Fault> faults_;
    Duration length_;
    Duration gap_;
    std::vector<HostId> ids_;
    std::size_t disturbances_ = 0;
    int editions_ = 0;
    bool over_ = false;
};

}  // namespace

StormReport run_storm(std::uint64_t seed, std::size_t nodes, std::ostream* text) {
    return Storm(seed, nodes, text).run(seed);
}

std::string replay_command(const StormReport& report) {
    return "./dev sim storm --first-seed " + std::to_string(report.seed) + " --seeds 1 --nodes " +
           std::to_string(report.nodes) + " --trace";
}

}  // namespace scrimp::sim
