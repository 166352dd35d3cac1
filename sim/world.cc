#include "sim/world.h"

#include <algorithm>
#include <cstdio>

#include "sim/trader.h"

namespace scrimp::sim {
namespace {

// Not zero, so that a forgotten time stamp is seen to be one.
constexpr Instant start{std::chrono::hours{1}};
// memberlist's port; any would do.
constexpr std::uint16_t port = 7946;

std::string default_name(std::size_t number) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "n%03zu", number);
    return text.data();
}

/// 10.0.0.1 and on, skipping none: enough for sixteen million hosts.
Endpoint default_endpoint(std::size_t number) {
    const std::size_t address = number + 1;
    Bytes ip;
    append_u32be(ip, static_cast<std::uint32_t>(10U << 24 | address));
    return endpoint_from_bytes(ip, port).value();
}

}  // namespace

World::World(Options options, std::uint64_t seed, std::ostream* text)
    : options_(std::move(options)), now_(start), surroundings_(options_, start, seed, text) {}

HostId World::spawn(bool balancer, std::string name,
                    std::vector<service::Application> applications) {
    const std::size_t number = hosts_.size();
    if (name.empty()) name = default_name(number);
    const HostId id = surroundings_.network.add_host(default_endpoint(number));
    if (balancer) surroundings_.balancers.insert(name);
    HostSpec spec{.name = std::move(name),
                  .endpoint = default_endpoint(number),
                  .metadata = to_bytes(balancer ? "balancer" : "backend"),
                  .balancer = balancer};
    if (options_.trades) sim::set_applications(spec, std::move(applications));
    hosts_.emplace_back(id, std::move(spec), surroundings_);
    timers_.emplace_back();
    restart(id);
    return id;
}

std::vector<HostId> World::spawn_cluster(std::size_t count) {
    std::vector<HostId> ids;
    for (std::size_t i = 0; i < count; ++i) {
        ids.push_back(spawn(i == 0));
        if (i != 0 && !options_.keepers) join(ids.back(), {ids.front()});
    }
    return ids;
}

std::vector<HostId> World::spawn_known(std::size_t count) {
    std::vector<HostId> ids;
    std::vector<swim::Member> members;
    for (std::size_t i = 0; i < count; ++i) {
        ids.push_back(spawn(i == 0));
        members.push_back(host(ids.back()).node().self());
    }
    std::sort(members.begin(), members.end(), [](const swim::Member& a, const swim::Member& b) {
        return a.profile->name < b.profile->name;
    });
    for (const HostId id : ids) {
        host(id).adopt(now_, members);
        after(host(id));
    }
    return ids;
}

void World::join(HostId id, const std::vector<HostId>& seeds) {
    std::vector<Endpoint> endpoints;
    for (const HostId seed : seeds) endpoints.push_back(surroundings_.network.endpoint_of(seed));
    static_cast<void>(host(id).act(
        now_, [&](swim::Node& node, Instant now) { return node.join(now, endpoints); }));
    after(host(id));
}

void World::leave(HostId id) {
    host(id).leave(now_);
    after(host(id));
}

void World::kill(HostId id, bool silent) {
    host(id).kill(now_, silent);
    arm(host(id));
}

void World::restart(HostId id) {
    host(id).start(now_);
    after(host(id));
}

void World::pause(HostId id) {
    host(id).pause(now_);
    arm(host(id));
}

void World::freeze(HostId id) {
    host(id).freeze(now_);
    arm(host(id));
}

void World::set_handling_time(HostId id, Duration most) {
    host(id).set_handling_time(now_, most);
    arm(host(id));
}

void World::resume(HostId id) {
    host(id).resume(now_);
    after(host(id));
}

void World::block(HostId id) {
    host(id).block(now_);
    arm(host(id));
}

void World::unblock(HostId id) {
    host(id).unblock(now_);
    after(host(id));
}

void World::set_metadata(HostId id, std::string_view metadata) {
    static_cast<void>(host(id).act(now_, [&](swim::Node& node, Instant now) {
        return node.set_metadata(now, view_of(metadata));
    }));
    after(host(id));
}

void World::set_applications(HostId id, std::vector<service::Application> applications) {
    host(id).set_applications(now_, std::move(applications));
    after(host(id));
}

void World::inject(const Endpoint& from, HostId to, Bytes packet) {
    const Endpoint& receiver = surroundings_.network.endpoint_of(to);
    surroundings_.network.send(now_, to, from, receiver, std::move(packet));
}

void World::cut(const std::vector<HostId>& a, const std::vector<HostId>& b, Cut what,
                bool both_ways) {
    surroundings_.trace.add(now_, "network", "is cut");
    for (const HostId from : a) {
        for (const HostId to : b) {
            surroundings_.network.set_cut(from, to, what);
            if (both_ways) surroundings_.network.set_cut(to, from, what);
        }
    }
}

void World::heal() {
    surroundings_.trace.add(now_, "network", "is whole");
    surroundings_.network.heal_all();
}

void World::plan(Duration delay, std::function<void()> what) {
    events_.push(now_ + delay, std::move(what));
}

bool World::step(Instant limit) {
    const Instant next = std::min(surroundings_.network.next_deadline(), events_.next());
    if (next > limit) {
        now_ = std::max(now_, limit);
        return false;
    }
    now_ = std::max(now_, next);
    if (auto delivery = surroundings_.network.poll_delivery(now_)) {
        Host& receiver = host(host_of(*delivery));
        receiver.deliver(now_, std::move(*delivery));
        after(receiver);
        return true;
    }
    auto event = events_.pop(now_);
    if (!event) return true;
    if (auto* what = std::get_if<std::function<void()>>(&*event)) {
        (*what)();
        return true;
    }
    const Wake wake = std::get<Wake>(*event);
    Timer& timer = timers_[static_cast<std::size_t>(wake.host)];
    if (wake.arming != timer.arming) return true;
    timer.deadline = never;
    Host& sleeper = host(wake.host);
    sleeper.wake(now_);
    after(sleeper);
    return true;
}

void World::run_for(Duration span) {
    const Instant limit = now_ + span;
    while (step(limit)) {
    }
}

/// What follows every call into a host: a process that has said goodbye exits.
void World::after(Host& changed) {
    if (changed.left()) changed.kill(now_, false);
    arm(changed);
}

void World::arm(Host& sleeper) {
    Timer& timer = timers_[static_cast<std::size_t>(sleeper.id())];
    const Instant deadline = sleeper.next_deadline();
    if (deadline == timer.deadline) return;
    timer.deadline = deadline;
    ++timer.arming;
    if (deadline == never) return;
    const Duration late = surroundings_.random.below(options_.timer_late_max);
    events_.push(std::max(now_, deadline) + late, Wake{sleeper.id(), timer.arming});
}

std::optional<swim::Member> World::view(HostId observer, HostId subject) const {
    if (!host(observer).running()) return std::nullopt;
    const swim::Member* found = find_member(host(observer).node().members(), name(subject));
    if (found == nullptr) return std::nullopt;
    return *found;
}

bool World::sees(HostId observer, HostId subject, swim::State state) const {
    const auto member = view(observer, subject);
    return member && member->state == state;
}

std::size_t World::count(swim::Change change) const {
    return static_cast<std::size_t>(
        std::count_if(sightings().begin(), sightings().end(),
                      [&](const Sighting& sighting) { return sighting.change == change; }));
}

std::string World::complaint() const {
    constexpr std::size_t shown_max = 5;
    std::string text;
    for (std::size_t i = 0; i < std::min(violations().size(), shown_max); ++i) {
        const Violation& violation = violations()[i];
        const auto millis =
            std::chrono::duration_cast<std::chrono::milliseconds>(violation.at - start).count();
        text +=
            std::to_string(millis) + " ms, " + violation.observer + ": " + violation.rule + "\n";
    }
    return text;
}

}  // namespace scrimp::sim
