#include "sim/accusation.h"

#include "base/assert.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;

/// Long enough for a cluster to have forgotten how it began, short enough that one that fell apart
/// for good counts little: every stretch is a cluster of its own.
constexpr Duration stretch = 10min;
constexpr Duration settling = 10s;

constexpr Duration pause_max = 4s;
constexpr Duration between_pauses = 30s;

void trouble_from_now(World& world, const AccusationOptions& options,
                      const std::vector<HostId>& ids) {
    if (options.trouble == Trouble::SlowNode) {
        LinkQuality slow = options.options.quality;
        slow.delay_min = 50ms;
        slow.delay_spread = 300ms;
        for (const HostId other : ids) {
            if (other == ids.back()) continue;
            world.network().set_link(ids.back(), other, slow);
            world.network().set_link(other, ids.back(), slow);
        }
    }
    if (options.trouble != Trouble::Pauses) return;
    for (Duration at = between_pauses; at < stretch; at += between_pauses) {
        const HostId victim = ids[world.random().below(std::uint64_t{ids.size()})];
        const Duration begin = at + world.random().below(between_pauses / 2);
        const Duration length = world.random().below(pause_max);
        world.plan(begin, [&world, victim] { world.pause(victim); });
        world.plan(begin + length, [&world, victim] { world.resume(victim); });
    }
}

std::uint64_t bytes_sent(World& world) {
    std::uint64_t bytes = 0;
    for (Host& host : world.hosts()) bytes += host.node().stats().bytes_sent;
    return bytes;
}

}  // namespace

const char* name_of(Trouble trouble) {
    switch (trouble) {
        case Trouble::None:
            return "loss alone";
        case Trouble::SlowNode:
            return "a slow node";
        case Trouble::Pauses:
            return "pauses of up to 4 s";
    }
    SCRIMP_ASSERT(false);
}

Accusations count_accusations(const AccusationOptions& options) {
    Accusations found;
    Random random(options.seed);
    const auto stretches = static_cast<std::size_t>(options.watched / stretch);
    for (std::size_t i = 0; i < stretches; ++i) {
        World world(options.options, random.next());
        const auto ids = world.spawn_cluster(options.nodes);
        world.run_for(settling);
        trouble_from_now(world, options, ids);
        const std::size_t before = world.sightings().size();
        const std::uint64_t sent = bytes_sent(world);
        world.run_for(stretch);
        for (std::size_t at = before; at < world.sightings().size(); ++at) {
            const swim::Change change = world.sightings()[at].change;
            if (change == swim::Change::Suspected) ++found.suspicions;
            if (change == swim::Change::Failed) ++found.deaths;
        }
        const auto sent_now = static_cast<double>(bytes_sent(world) - sent);
        const double seconds = std::chrono::duration<double>(stretch).count();
        found.bytes_per_node_second +=
            sent_now / seconds / static_cast<double>(options.nodes * stretches);
    }
    return found;
}

}  // namespace scrimp::sim
