// Whole states: what must fit before anything is merged, and the merge.
#include <algorithm>

#include "swim/announcement.h"
#include "swim/membership.h"

namespace scrimp::swim {

namespace {

/// The versions every living member understands.
struct CommonVersions {
    std::uint8_t least = 0;
    std::uint8_t most = 255;

    void narrow(std::uint8_t min, std::uint8_t max) {
        least = std::max(least, min);
        most = std::min(most, max);
    }
    [[nodiscard]] bool hold(std::uint8_t current) const {
        return current >= least && current <= most;
    }
};

std::string misfit(const std::string& name, std::string_view which, std::uint8_t current,
                   const CommonVersions& common) {
    return "member '" + name + "' speaks " + std::string(which) + " version " +
           std::to_string(current) + ", the cluster " + std::to_string(common.least) + " to " +
           std::to_string(common.most);
}

/// Zeros if there are none, as in Go; whether they are there at all makes a difference for the
/// range, which is why the caller asks.
Versions versions_of(const wire::NodeState& state) {
    Versions versions{};
    if (!state.versions || state.versions->size() != versions.size()) return versions;
    std::transform(state.versions->begin(), state.versions->end(), versions.begin(),
                   [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
    return versions;
}

Result<void> check(const std::string& name, const Versions& versions,
                   const CommonVersions& protocol, const CommonVersions& delegate) {
    if (!protocol.hold(versions[2])) return fail(misfit(name, "protocol", versions[2], protocol));
    if (!delegate.hold(versions[5])) return fail(misfit(name, "delegate", versions[5], delegate));
    return {};
}

}  // namespace

Result<void> Membership::verify_versions(const std::vector<wire::NodeState>& remote) const {
    CommonVersions protocol;
    CommonVersions delegate;
    const auto narrow = [&](const Versions& versions) {
        protocol.narrow(versions[0], versions[1]);
        delegate.narrow(versions[3], versions[4]);
    };
    for (const wire::NodeState& state : remote) {
        const bool alive = state.state == static_cast<std::uint8_t>(State::Alive);
        if (alive && state.versions && state.versions->size() == Versions{}.size()) {
            narrow(versions_of(state));
        }
    }
    for (const Member& member : body_.roster.members()) {
        if (member.state == State::Alive) narrow(member.profile->versions);
    }
    for (const wire::NodeState& state : remote) {
        if (auto fits = check(state.name, versions_of(state), protocol, delegate); !fits)
            return fits;
    }
    for (const Member& member : body_.roster.members()) {
        const Profile& profile = *member.profile;
        if (auto fits = check(profile.name, profile.versions, protocol, delegate); !fits) {
            return fits;
        }
    }
    return {};
}

Result<void> Membership::merge(Instant now, std::vector<wire::NodeState> remote) {
    if (auto fits = verify_versions(remote); !fits) {
        ++body_.stats.merges_refused;
        return fits;
    }
    const std::string self = body_.roster.self().profile->name;
    for (wire::NodeState& state : remote) {
        switch (static_cast<State>(state.state)) {
            case State::Alive:
                handle_alive(now, alive_of(std::move(state)));
                break;
            case State::Left:
                handle_dead(now, {state.incarnation, state.name, state.name});
                break;
            case State::Dead:
            case State::Suspect:
                // The peer may be the one who is cut off: its word starts a suspicion, no death. In
                // memberlist it also confirms one that runs, in our name; hearsay is no witness.
                if (body_.config.confirms_eagerly && state.name != self) {
                    suspect_unanswered(now, state.name, state.incarnation, Silence::Hearsay);
                } else {
                    handle_suspect(now, {state.incarnation, std::move(state.name), self});
                }
                break;
        }
    }
    return {};
}

}  // namespace scrimp::swim
