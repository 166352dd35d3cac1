#include "sim/detection.h"

#include <algorithm>

#include "base/assert.h"
#include "sim/liveness.h"

namespace scrimp::sim {
namespace {

constexpr Duration patience = std::chrono::minutes{2};

double seconds(Duration span) {
    return std::chrono::duration<double>(span).count();
}

void measure_one(const DetectionOptions& options, Random& random, Detection& found) {
    World world(options.options, random.next());
    const auto ids = world.spawn_cluster(options.nodes);
    // A phase of its own for every run: rounds and crashes must not march in step.
    world.run_for(options.quiet + random.below(Duration(std::chrono::seconds{5})));
    std::uint64_t sent = 0;
    for (const HostId id : ids) sent += world.host(id).node().stats().bytes_sent;
    const double lived = seconds(world.now().time_since_epoch()) - 3600;
    found.bytes_per_node_second +=
        static_cast<double>(sent) / lived / static_cast<double>(options.nodes * options.runs);

    const HostId victim = ids.back();
    world.kill(victim, options.silent);
    const Instant crash = world.now();
    const auto knows = [&](HostId id) { return world.sees(id, victim, swim::State::Dead); };
    std::optional<Duration> balancer;
    const bool all = world.run_until(patience, [&] {
        if (!balancer && knows(ids.front())) balancer = world.now() - crash;
        return std::all_of(ids.begin(), ids.end() - 1, knows);
    });
    if (balancer) found.balancer.push_back(*balancer);
    if (all) found.everyone.push_back(world.now() - crash);
    if (!all) ++found.undetected;
    for (const Sighting& sighting : world.sightings()) {
        const bool of_the_dead = sighting.name == world.name(victim) && sighting.at >= crash;
        if (sighting.change == swim::Change::Failed && !of_the_dead) ++found.false_deaths;
    }
    found.node_hours += seconds(world.now().time_since_epoch() - std::chrono::hours{1}) *
                        static_cast<double>(options.nodes) / 3600;
}

}  // namespace

Detection measure_detection(const DetectionOptions& options) {
    Detection found;
    Random random(options.seed);
    for (std::size_t run = 0; run < options.runs; ++run) measure_one(options, random, found);
    std::sort(found.balancer.begin(), found.balancer.end());
    std::sort(found.everyone.begin(), found.everyone.end());
    return found;
}

Duration percentile(const std::vector<Duration>& sorted, double share) {
    SCRIMP_ASSERT(!sorted.empty());
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
    return sorted[std::min(rank, sorted.size() - 1)];
}

}  // namespace scrimp::sim
