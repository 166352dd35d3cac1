#include "sim/spread.h"

#include <algorithm>
#include <cmath>

namespace scrimp::sim {
namespace {

constexpr Duration spread_longest = std::chrono::seconds{60};
/// News are told for a second or two after everybody has them; the next ones wait for quiet.
constexpr Duration pause = std::chrono::seconds{4};
/// The checkers look at every member after every event.
constexpr std::size_t checked_nodes_max = 500;
/// 100 % has no formula: the last share it can speak of.
constexpr double nearly_all = 0.9999;

struct Load {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
};

Load load_of(const World& world) {
    Load load;
    for (const Host& host : world.hosts()) {
        if (!host.running()) continue;
        load.bytes += host.node().stats().bytes_sent;
        load.packets += host.node().stats().packets_sent;
    }
    return load;
}

/// Waits until `audience` nodes have seen `change` of `name`; gives the instants.
std::vector<Instant> watch(World& world, swim::Change change, const std::string& name,
                           std::size_t audience) {
    std::vector<Instant> seen;
    std::size_t looked_at = world.sightings().size();
    static_cast<void>(world.run_until(spread_longest, [&] {
        for (; looked_at < world.sightings().size(); ++looked_at) {
            const Sighting& sighting = world.sightings()[looked_at];
            if (sighting.change == change && sighting.name == name) seen.push_back(sighting.at);
        }
        return seen.size() >= audience;
    }));
    return seen;
}

SpreadCurve curve_of(std::string news, const std::vector<Instant>& seen, Instant since,
                     std::size_t audience) {
    SpreadCurve curve{std::move(news), audience, seen.size(), {}};
    for (const double share : spread_shares) {
        const auto needed =
            static_cast<std::size_t>(std::ceil(share * static_cast<double>(audience)));
        if (needed == 0 || seen.size() < needed) break;
        curve.reached_after.push_back(seen[needed - 1] - since);
    }
    return curve;
}

}  // namespace

Spread measure_spread(const SpreadOptions& options, const std::function<void()>& at_end) {
    Options world_options = options.options;
    if (options.nodes > checked_nodes_max) world_options.check_rules = false;
    World world(world_options, options.seed);
    const auto ids = world.spawn_known(options.nodes);
    const Instant born = world.now();
    const std::size_t others = options.nodes - 1;
    Spread spread;

    world.run_for(options.quiet);
    const Load load = load_of(world);
    const double node_seconds =
        static_cast<double>(options.nodes) * std::chrono::duration<double>(options.quiet).count();
    spread.bytes_per_node_second = static_cast<double>(load.bytes) / node_seconds;
    spread.packets_per_node_second = static_cast<double>(load.packets) / node_seconds;

    Instant since = world.now();
    world.set_metadata(ids[1], "changed");
    auto seen = watch(world, swim::Change::Updated, world.name(ids[1]), others);
    spread.curves.push_back(curve_of("metadata", seen, since, others));
    world.run_for(pause);

    since = world.now();
    world.kill(ids[2]);
    seen = watch(world, swim::Change::Failed, world.name(ids[2]), others);
    if (!seen.empty()) {
        spread.death_declared = seen.front() - since;
        spread.curves.push_back(curve_of("death", seen, seen.front(), others));
    }
    world.run_for(pause);

    since = world.now();
    const HostId newcomer = world.spawn(false, "newcomer");
    world.join(newcomer, {ids[0]});
    seen = watch(world, swim::Change::Joined, "newcomer", others);
    spread.curves.push_back(curve_of("join", seen, since, others));

    spread.virtual_time = world.now() - born;
    spread.events = world.trace().events();
    spread.hash = world.trace().hash();
    spread.complaint = world.complaint();
    at_end();
    return spread;
}

Duration spread_formula(const swim::Config& config, std::size_t nodes, double share) {
    const double part = std::min(share, nearly_all);
    const double rounds =
        std::log(static_cast<double>(nodes + 1) * part / (1 - part)) / (0.5 * config.gossip_nodes);
    return static_cast<Duration::rep>(std::ceil(rounds)) * config.gossip_interval;
}

}  // namespace scrimp::sim
