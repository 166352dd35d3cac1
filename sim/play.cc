#include "sim/play.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/machine.h"
#include "sim/liveness.h"

namespace scrimp::sim {
namespace {

constexpr Duration look_pause = std::chrono::milliseconds{10};

bool contains(const Group& group, HostId id) {
    return std::ranges::binary_search(group, static_cast<std::uint32_t>(id));
}

bool is(const std::optional<swim::Member>& seen, Seen::As as) {
    const bool live = seen && is_live(seen->state);
    switch (as) {
        case Seen::As::Alive:
            return seen && seen->state == swim::State::Alive;
        case Seen::As::Suspect:
            return seen && seen->state == swim::State::Suspect;
        case Seen::As::Dead:
            return seen && seen->state == swim::State::Dead;
        case Seen::As::Left:
            return seen && seen->state == swim::State::Left;
        default:
            return !live;
    }
}

class Play {
  public:
    Play(const Script& script, std::uint64_t seed, std::ostream* text)
        : script_(script), world_(script.options, seed, text), began_(world_.now()) {
        quality_ = script.options.quality;
        downs_.resize(script.nodes);
    }

    PlayReport run(std::uint64_t seed) {
        populate();
        for (const Step& step : script_.steps) {
            world_.plan(step.at, [this, &step] { make(step); });
        }
        for (const Expectation& expectation : script_.expectations) {
            waiting_.push_back({&expectation, {expectation.line, expectation.text, {}, {}, {}}});
        }
        while (const auto next = next_look()) {
            world_.run_for(*next - world_.now());
            look();
        }
        world_.run_for(began_ + script_.length() - world_.now());
        return report(seed);
    }

  private:
    struct Waiting {
        const Expectation* expectation;
        Outcome outcome;
        bool over = false;
    };
    struct Down {
        Instant since;
        Instant until = never;
    };

    void populate() {
        if (script_.known) {
            world_.spawn_known(script_.nodes - script_.absent.size());
        }
        for (std::size_t i = world_.hosts().size(); i < script_.nodes; ++i) {
            const HostId id = world_.spawn(i == 0);
            if (contains(script_.absent, id)) {
                kill(id, false);
            } else {
                join(id);
            }
        }
        for (const Host& host : world_.hosts()) by_name_.emplace(host.spec().name, host.id());
    }

    /// Through the first that runs, as a seed that everybody is told of.
    void join(HostId id) {
        if (script_.options.keepers) return;
        for (const Host& host : world_.hosts()) {
            if (host.id() == id || !host.running() || host.leaving()) continue;
            return world_.join(id, {host.id()});
        }
    }

    void make(const Step& step) {
        std::visit(Overloaded{
                       [&](const Deed& deed) {
                           for (const std::uint32_t node : deed.group) make(deed, HostId{node});
                       },
                       [&](const CutLinks& cut) {
                           world_.cut(hosts_of(cut.from), hosts_of(cut.to), cut.what,
                                      cut.both_ways);
                       },
                       [&](const Heal&) { world_.heal(); },
                       [&](const Quality& change) { set_quality(change); },
                   },
                   step.what);
    }

    void make(const Deed& deed, HostId id) {
        Host& host = world_.host(id);
        const bool acts = host.running() && !host.paused() && !host.leaving();
        switch (deed.kind) {
            case Deed::Kind::Restart:
                if (host.running()) kill(id, false);
                return start(id);
            case Deed::Kind::Start:
                return start(id);
            case Deed::Kind::Kill:
                return kill(id, false);
            case Deed::Kind::PowerOff:
                return kill(id, true);
            case Deed::Kind::Leave:
                if (!acts) return;
                world_.leave(id);
                return mark_down(id);
            case Deed::Kind::Pause:
                return world_.pause(id);
            case Deed::Kind::Freeze:
                return world_.freeze(id);
            case Deed::Kind::Resume:
                return world_.resume(id);
            case Deed::Kind::Metadata:
                if (acts) world_.set_metadata(id, deed.text);
                return;
            case Deed::Kind::Slow:
                return world_.set_handling_time(id, deed.span);
        }
    }

    void start(HostId id) {
        if (world_.host(id).running()) return;
        auto& downs = downs_[static_cast<std::size_t>(id)];
        if (!downs.empty()) downs.back().until = world_.now();
        world_.restart(id);
        join(id);
    }

    void kill(HostId id, bool silent) {
        world_.kill(id, silent);
        mark_down(id);
    }

    void mark_down(HostId id) {
        auto& downs = downs_[static_cast<std::size_t>(id)];
        if (downs.empty() || downs.back().until != never) downs.push_back({world_.now()});
    }

    [[nodiscard]] bool was_down(HostId id, Instant at) const {
        return std::ranges::any_of(downs_[static_cast<std::size_t>(id)], [&](const Down& down) {
            return at >= down.since && at < down.until;
        });
    }

    void set_quality(const Quality& change) {
        if (change.group.empty()) {
            quality_ = change.quality;
            return world_.network().set_quality(quality_);
        }
        for (const HostId id : hosts_of(change.group)) {
            for (const Host& other : world_.hosts()) {
                world_.network().set_link(id, other.id(), change.quality);
                world_.network().set_link(other.id(), id, change.quality);
            }
        }
    }

    static std::vector<HostId> hosts_of(const Group& group) {
        std::vector<HostId> ids;
        for (const std::uint32_t node : group) ids.push_back(HostId{node});
        return ids;
    }

    /// The next moment at which an expectation may come true, begin or end.
    [[nodiscard]] std::optional<Instant> next_look() const {
        std::optional<Instant> next;
        for (const Waiting& each : waiting_) {
            if (each.over) continue;
            const Expectation& expectation = *each.expectation;
            const Instant from = began_ + expectation.from;
            const Instant until = began_ + expectation.until;
            const bool patient = std::holds_alternative<Spared>(expectation.what);
            Instant look = patient ? until : world_.now() + look_pause;
            if (world_.now() < from) look = from;
            look = std::min(look, until);
            if (!next || look < *next) next = look;
        }
        return next;
    }

    void look() {
        for (Waiting& each : waiting_) {
            const Expectation& expectation = *each.expectation;
            if (each.over || world_.now() < began_ + expectation.from) continue;
            const bool last = world_.now() >= began_ + expectation.until;
            const auto* const spared = std::get_if<Spared>(&expectation.what);
            if (spared != nullptr && !last) continue;
            const Finding wrong = find_wrong(expectation);
            each.over = last || !wrong;
            each.outcome.met = !wrong;
            each.outcome.after = world_.now() - began_ - expectation.from;
            each.outcome.why = wrong.value_or("");
        }
    }

    [[nodiscard]] Finding find_wrong(const Expectation& expectation) const {
        return std::visit(
            Overloaded{
                [&](const Seen& seen) { return find_unseen(seen); },
                [&](const Counted& counted) {
                    return find_missing(counted.who, {}, [&](const Host& host) -> Finding {
                        const std::size_t count = host.node().alive_count();
                        if (count == counted.number) return std::nullopt;
                        return host.spec().name + " counts " + std::to_string(count);
                    });
                },
                [&](const Converged&) { return find_disagreement(world_); },
                [&](const Spared& spared) { return find_harm(expectation, spared); },
            },
            expectation.what);
    }

    /// Whether those who must agree with `find` (which finds nothing then) do. Nobody is asked who
    /// does not run or is not awake, nor of a group that it is in alone.
    template <class Find>
    [[nodiscard]] Finding find_missing(const Observers& who, const Group& whom, Find find) const {
        std::size_t asked = 0;
        std::size_t agreed = 0;
        Finding first;
        for (const Host& host : world_.hosts()) {
            if (!host.running() || host.paused() || host.leaving()) continue;
            if (!who.group.empty() && !contains(who.group, host.id())) continue;
            if (whom.size() == 1 && contains(whom, host.id())) continue;
            ++asked;
            auto wrong = find(host);
            if (!wrong) ++agreed;
            if (!first) first = std::move(wrong);
        }
        const auto needed =
            static_cast<std::size_t>(std::ceil(who.share * static_cast<double>(asked)));
        if (agreed >= needed && asked > 0) return std::nullopt;
        return std::to_string(agreed) + " of " + std::to_string(asked) + " do, " +
               first.value_or("and nobody is there to see it");
    }

    [[nodiscard]] Finding find_unseen(const Seen& seen) const {
        return find_missing(seen.who, seen.whom, [&](const Host& host) -> Finding {
            for (const std::uint32_t node : seen.whom) {
                const HostId subject{node};
                if (subject == host.id()) continue;
                if (seen.as == Seen::As::AsTheyAre) {
                    if (auto wrong = find_difference(world_, host.id(), subject)) return wrong;
                    continue;
                }
                const auto view = world_.view(host.id(), subject);
                if (is(view, seen.as)) continue;
                return host.spec().name + " sees " + world_.name(subject) + " as " +
                       (view ? std::string(name_of(view->state)) : "nobody it knows");
            }
            return std::nullopt;
        });
    }

    [[nodiscard]] Finding find_harm(const Expectation& expectation, const Spared& spared) const {
        for (const Sighting& sighting : world_.sightings()) {
            if (sighting.change != spared.change) continue;
            if (sighting.at < began_ + expectation.from) continue;
            if (sighting.at > began_ + expectation.until) continue;
            const HostId subject = by_name_.find(sighting.name)->second;
            if (!spared.of.empty() && !contains(spared.of, subject)) continue;
            if (!spared.by.empty() && !contains(spared.by, sighting.observer)) continue;
            if (spared.only_running && was_down(subject, sighting.at)) continue;
            const Duration at = sighting.at - began_;
            return world_.name(sighting.observer) + " says so of " + sighting.name + " after " +
                   std::to_string(
                       std::chrono::duration_cast<std::chrono::milliseconds>(at).count()) +
                   " ms";
        }
        return std::nullopt;
    }

    PlayReport report(std::uint64_t seed) {
        PlayReport made;
        made.name = script_.name;
        made.seed = seed;
        made.nodes = script_.nodes;
        for (Waiting& each : waiting_) made.outcomes.push_back(std::move(each.outcome));
        made.complaint = world_.complaint();
        made.hash = world_.trace().hash();
        made.events = world_.trace().events();
        made.virtual_time = world_.now() - began_;
        return made;
    }

    const Script& script_;
    World world_;
    Instant began_;
    LinkQuality quality_;
    std::vector<std::vector<Down>> downs_;
    std::map<std::string, HostId> by_name_;
    std::vector<Waiting> waiting_;
};

}  // namespace

bool PlayReport::passed() const {
    return complaint.empty() &&
           std::ranges::all_of(outcomes, [](const Outcome& outcome) { return outcome.met; });
}

PlayReport play(const Script& script, std::uint64_t seed, std::ostream* text) {
    return Play(script, seed, text).run(seed);
}

std::string replay_command(const PlayReport& report) {
    return "./dev sim run " + report.name + " --seed " + std::to_string(report.seed) + " --trace";
}

}  // namespace scrimp::sim
