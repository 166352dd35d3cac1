#include "sim/liveness.h"

#include <algorithm>
#include <cmath>

#include "sim/trader.h"

namespace scrimp::sim {
namespace {

constexpr Duration look_interval = std::chrono::milliseconds{100};

/// Who serves an application.
using Claim = std::pair<service::Application, std::string>;

std::vector<Claim> claims_of(const service::RoutingTable& table) {
    std::vector<Claim> claims;
    for (const service::Route& route : table.routes) {
        for (const service::Upstream& upstream : route.upstreams) {
            claims.emplace_back(route.application, upstream.member_name);
        }
    }
    std::sort(claims.begin(), claims.end());
    return claims;
}

std::optional<Duration> run_until_none(World& world, Duration bound,
                                       Finding (*find)(const World&)) {
    const Instant began = world.now();
    while (find(world)) {
        if (world.now() - began >= bound) return std::nullopt;
        world.run_for(look_interval);
    }
    return world.now() - began;
}

}  // namespace

Finding find_difference(const World& world, HostId observer, HostId subject) {
    const auto what = [&] { return world.name(observer) + " lists " + world.name(subject); };
    if (!world.host(subject).running()) return world.name(subject) + " does not run";
    const auto seen = world.view(observer, subject);
    if (!seen) return what() + " not at all";
    const swim::Member& own = world.host(subject).node().self();
    if (seen->state != swim::State::Alive) {
        return what() + " as " + std::string(name_of(seen->state)) + " though it runs";
    }
    if (seen->incarnation != own.incarnation) return what() + " at an old incarnation";
    if (seen->profile->metadata != own.profile->metadata) return what() + " with old metadata";
    return std::nullopt;
}

Finding find_disagreement(const World& world) {
    std::vector<const Host*> running;
    for (const Host& host : world.hosts()) {
        if (host.running() && !host.leaving()) running.push_back(&host);
    }
    for (const Host* observer : running) {
        if (observer->node().alive_count() != running.size()) {
            return observer->spec().name + " counts " +
                   std::to_string(observer->node().alive_count()) + " live members of " +
                   std::to_string(running.size());
        }
        for (const Host* subject : running) {
            if (auto finding = find_difference(world, observer->id(), subject->id()))
                return finding;
        }
    }
    return std::nullopt;
}

Finding find_misrouted(const World& world) {
    std::vector<Claim> wanted;
    for (const Host& host : world.hosts()) {
        if (!host.running() || host.leaving() || host.spec().balancer) continue;
        for (const service::Application& application : host.spec().applications) {
            wanted.emplace_back(application, host.spec().name);
        }
    }
    std::sort(wanted.begin(), wanted.end());
    for (const Host& host : world.hosts()) {
        if (!host.running() || host.leaving() || !host.spec().balancer) continue;
        const auto routed = claims_of(host.trader().registry().table());
        if (routed == wanted) continue;
        const auto [lacks, _] =
            std::mismatch(wanted.begin(), wanted.end(), routed.begin(), routed.end());
        return host.spec().name + " routes " + std::to_string(routed.size()) +
               " applications instead of " + std::to_string(wanted.size()) +
               (lacks == wanted.end()
                    ? std::string()
                    : ", first missing: " + lacks->first.name.text() + " of " + lacks->second);
    }
    return std::nullopt;
}

Duration convergence_max(const swim::Config& config, std::size_t members) {
    const double count = static_cast<double>(std::max<std::size_t>(members, 2));
    // Somebody's probe meets the dead member: all walk their lists at once, each in its own order,
    // so the first detection is expected after 1.6 rounds (e/(e-1)) whatever the size; ten times
    // that, each round stretched by half of what an unwell observer's awareness may.
    const Duration detection = config.probe_interval * 16 * config.awareness_max / 2;
    const auto suspicion = std::chrono::duration_cast<Duration>(
        config.probe_interval * config.suspicion_mult *
        std::max(1, config.suspicion_max_timeout_mult) * std::max(1.0, std::log10(count)));
    // What gossip missed, two rounds of push/pull repair, each stretched with the cluster's size.
    const int stretch = members <= 32 ? 1 : static_cast<int>(std::ceil(std::log2(count) - 5)) + 1;
    const Duration repair = 2 * stretch * config.push_pull_interval;
    return detection + suspicion + repair;
}

std::optional<Duration> run_until_converged(World& world, Duration bound) {
    return run_until_none(world, bound, find_disagreement);
}

std::optional<Duration> run_until_routed(World& world, Duration bound) {
    return run_until_none(world, bound, find_misrouted);
}

}  // namespace scrimp::sim
