#include "swim/membership.h"

#include <algorithm>

#include "base/assert.h"

#include "swim/announcement.h"
#include "swim/formulas.h"
#include "swim/profile_pool.h"

namespace scrimp::swim {

namespace {

/// Claims to held names kept at once, and how long one is good: a few times the longest suspicion.
constexpr std::size_t claims_max = 64;
constexpr Duration claim_age_max = std::chrono::seconds{60};
/// Two nodes of one name speak several times a second; one report a second says as much.
constexpr Duration conflict_report_interval = std::chrono::seconds{1};

bool is_gone(State state) {
    return state == State::Dead || state == State::Left;
}

/// Whether each understands what the other speaks. One member who does not fit fails every later
/// push/pull of whoever knows it (verify_versions), so it is kept out at the door.
bool understand_each_other(const Versions& a, const Versions& b) {
    const auto hears = [](const Versions& hearer, const Versions& speaker) {
        return speaker[2] >= hearer[0] && speaker[2] <= hearer[1] &&  //
               speaker[5] >= hearer[3] && speaker[5] <= hearer[4];
    };
    return hears(a, b) && hears(b, a);
}

/// Longer names belong to no member, and would make a message that fits no packet.
bool is_possible(std::uint32_t incarnation, const std::string& node, const std::string& from) {
    return incarnation < incarnation_max && node.size() <= name_bytes_max &&
           from.size() <= name_bytes_max;
}

}  // namespace

void Membership::report(Change change, const Member& member) {
    body_.actions.push_back(MemberEvent{change, member});
}

void Membership::drop_suspicion(const std::string& name) {
    if (suspicions_.erase(name) > 0) timeouts_.cancel(name);
}

// ---- alive ----------------------------------------------------------------------------------

void Membership::handle_alive(Instant now, const wire::Alive& alive) {
    std::optional<Profile> profile = profile_of(alive);
    if (!profile) {
        ++body_.stats.announcements_refused;
        return;
    }
    Member* member = body_.roster.find(alive.node);
    if (member != nullptr && profile->versions == Versions{}) {
        profile->versions = member->profile->versions;
    }
    if (!understand_each_other(profile->versions, body_.roster.self().profile->versions)) {
        ++body_.stats.announcements_refused;
        return;
    }
    if (member == nullptr) {
        member = admit(now, *profile, alive.incarnation);
        if (member != nullptr) accept_alive(now, *member, alive, std::move(*profile));
        return;
    }
    const bool is_self = body_.roster.is_self(*member);
    if (is_self && has_left()) return;
    if (member->profile->endpoint != profile->endpoint) {
        if (is_self || !may_change_address(now, *member)) {
            handle_conflict(now, *member, *profile, alive);
            return;
        }
        // Whoever takes the name over starts counting anew, so even a lower incarnation is news.
        accept_alive(now, *member, alive, std::move(*profile));
        return;
    }
    if (is_self) {
        handle_alive_of_self(alive, *profile);
    } else if (alive.incarnation > member->incarnation) {
        accept_alive(now, *member, alive, std::move(*profile));
    }
}

Member* Membership::admit(Instant now, const Profile& profile, std::uint32_t incarnation) {
    if (body_.roster.size() >= body_.config.members_max) {
        ++body_.stats.members_refused;
        return nullptr;
    }
    Member newcomer{intern(profile), incarnation, State::Dead, now};
    return &body_.roster.add(std::move(newcomer), body_.random);
}

void Membership::accept_alive(Instant now, Member& member, const wire::Alive& alive,
                              Profile profile) {
    drop_suspicion(alive.node);
    body_.lost.forget(alive.node);
    body_.news.add(alive.node, wire::encode_message(alive));

    const State before = member.state;
    const bool changed = *member.profile != profile;
    if (changed) member.profile = intern(std::move(profile));
    member.incarnation = alive.incarnation;
    body_.roster.set_state(member, State::Alive, now);

    if (is_gone(before)) {
        report(Change::Joined, member);
        return;
    }
    if (before == State::Suspect) report(Change::Recovered, member);
    if (changed) report(Change::Updated, member);
}

void Membership::handle_alive_of_self(const wire::Alive& alive, const Profile& profile) {
    const Member& self = body_.roster.self();
    if (alive.incarnation < self.incarnation) return;
    // What we said ourselves comes back as it was; another content under our own incarnation is an
    // earlier life of ours, and only a higher incarnation can overrule it.
    const bool is_ours = alive.incarnation == self.incarnation &&
                         profile.metadata == self.profile->metadata &&
                         profile.versions == self.profile->versions;
    if (!is_ours) refute(alive.incarnation);
}

bool Membership::may_change_address(Instant now, const Member& member) const {
    return member.state == State::Left ||
           (member.state == State::Dead &&
            now - member.changed_at >= body_.config.dead_address_hold);
}

void Membership::handle_conflict(Instant now, const Member& holder, const Profile& claimed,
                                 const wire::Alive& alive) {
    if (!body_.roster.is_self(holder) &&
        (claims_.size() < claims_max || claims_.contains(alive.node))) {
        claims_.insert_or_assign(alive.node, Claim{alive, now});
    }
    if (now < next_conflict_report_) return;
    next_conflict_report_ = now + conflict_report_interval;
    body_.actions.push_back(NameConflict{holder, claimed.endpoint});
}

/// The holder of `name` is gone: whoever claimed it lately need not wait to say so again.
void Membership::settle_claim(Instant now, const std::string& name) {
    std::erase_if(claims_,
                  [&](const auto& entry) { return now - entry.second.at > claim_age_max; });
    const auto claim = claims_.find(name);
    if (claim == claims_.end()) return;
    const wire::Alive alive = std::move(claim->second.alive);
    claims_.erase(claim);
    handle_alive(now, alive);
}

// ---- suspect --------------------------------------------------------------------------------

void Membership::handle_suspect(Instant now, const wire::Suspect& suspect) {
    if (!is_possible(suspect.incarnation, suspect.node, suspect.from)) {
        ++body_.stats.announcements_refused;
        return;
    }
    apply_suspect(now, suspect);
}

void Membership::suspect_unanswered(Instant now, const std::string& name,
                                    std::uint32_t incarnation) {
    apply_suspect(now, {incarnation, name, body_.roster.self().profile->name});
}

void Membership::hasten_suspicion(Instant now, const std::string& name) {
    const auto running = suspicions_.find(name);
    if (running == suspicions_.end()) return;
    running->second.end_by(now + body_.config.suspicion_after_refusal);
    timeouts_.set(name, running->second.deadline());
}

void Membership::apply_suspect(Instant now, const wire::Suspect& suspect) {
    Member* member = body_.roster.find(suspect.node);
    if (member == nullptr || suspect.incarnation < member->incarnation) return;

    const auto running = suspicions_.find(suspect.node);
    if (running != suspicions_.end()) {
        if (!running->second.confirm(suspect.from)) return;
        timeouts_.set(suspect.node, running->second.deadline());
        body_.news.add(suspect.node, wire::encode_message(suspect));
        return;
    }
    if (member->state != State::Alive) return;
    if (body_.roster.is_self(*member)) {
        refute(suspect.incarnation);
        return;
    }
    body_.news.add(suspect.node, wire::encode_message(suspect));
    member->incarnation = suspect.incarnation;
    body_.roster.set_state(*member, State::Suspect, now);

    const Config& config = body_.config;
    const std::size_t known = body_.roster.size();
    // Neither we nor the suspect can confirm; if the others are too few, none is waited for.
    const bool enough = static_cast<std::size_t>(std::max(0, config.confirmations)) + 2 <= known;
    const Duration min = suspicion_timeout(config.suspicion_mult, known, config.probe_interval);
    const Suspicion suspicion(now, suspect.from, enough ? config.confirmations : 0, min,
                              config.suspicion_max_timeout_mult * min);
    timeouts_.set(suspect.node, suspicion.deadline());
    suspicions_.emplace(suspect.node, suspicion);
    report(Change::Suspected, *member);
}

void Membership::handle_deadline(Instant now) {
    while (const std::optional<std::string> name = timeouts_.take_due(now)) {
        const Member* member = body_.roster.find(*name);
        SCRIMP_ASSERT(member != nullptr && member->state == State::Suspect);
        apply_dead(now, {member->incarnation, *name, body_.roster.self().profile->name});
    }
}

// ---- dead, left -----------------------------------------------------------------------------

void Membership::handle_dead(Instant now, const wire::Dead& dead) {
    if (!is_possible(dead.incarnation, dead.node, dead.from)) {
        ++body_.stats.announcements_refused;
        return;
    }
    apply_dead(now, dead);
}

void Membership::apply_dead(Instant now, const wire::Dead& dead) {
    Member* member = body_.roster.find(dead.node);
    if (member == nullptr || dead.incarnation < member->incarnation) return;
    drop_suspicion(dead.node);
    if (is_gone(member->state)) return;
    if (body_.roster.is_self(*member)) {
        refute(dead.incarnation);
        return;
    }
    body_.news.add(dead.node, wire::encode_message(dead));
    member->incarnation = dead.incarnation;
    const bool left = dead.from == dead.node;
    body_.roster.set_state(*member, left ? State::Left : State::Dead, now);
    if (!left) body_.lost.note(dead.node, member->profile->endpoint, now);
    report(left ? Change::Left : Change::Failed, *member);
    settle_claim(now, dead.node);
}

// ---- ourselves ------------------------------------------------------------------------------

void Membership::refute(std::uint32_t accused) {
    Member& self = body_.roster.self();
    self.incarnation = std::min(std::max(self.incarnation, accused), incarnation_max - 1) + 1;
    body_.health.apply(+1);
    ++body_.stats.refutations;
    announce_self();
}

void Membership::announce_self() {
    const Member& self = body_.roster.self();
    body_.news.add(self.profile->name, wire::encode_message(alive_of(self)));
}

void Membership::set_metadata(ByteView metadata) {
    Member& self = body_.roster.self();
    if (equal(metadata, self.profile->metadata)) return;
    Profile profile = *self.profile;
    profile.metadata = to_bytes(metadata);
    self.profile = intern(std::move(profile));
    self.incarnation = std::min(self.incarnation, incarnation_max - 1) + 1;
    announce_self();
}

void Membership::leave(Instant now) {
    Member& self = body_.roster.self();
    body_.roster.set_state(self, State::Left, now);
    const std::string& name = self.profile->name;
    body_.news.add(name, wire::encode_message(wire::Dead{self.incarnation, name, name}));
}

bool Membership::goodbye_told() const {
    return has_left() && !body_.news.holds(body_.roster.self().profile->name);
}

}  // namespace scrimp::swim
