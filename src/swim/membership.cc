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
/// Two nodes of one name, or one that says what cannot be, speak several times a second; one report
/// a second says as much.
constexpr Duration report_interval = std::chrono::seconds{1};

/// No news is longer: an alive with name and metadata at their limits takes 844 bytes, a suspect or
/// a dead with two such names 556. What remains of 1400 holds the longest label and a seal.
constexpr std::size_t news_bytes_max = 1024;

/// Whether each understands what the other speaks. One member who does not fit fails every later
/// push/pull of whoever knows it (verify_versions), so it is kept out at the door.
bool understand_each_other(const Versions& a, const Versions& b) {
    const auto hears = [](const Versions& hearer, const Versions& speaker) {
        return speaker[2] >= hearer[0] && speaker[2] <= hearer[1] &&  //
               speaker[5] >= hearer[3] && speaker[5] <= hearer[4];
    };
    return hears(a, b) && hears(b, a);
}

bool is_possible(std::uint32_t incarnation, const std::string& node, const std::string& from) {
    return incarnation < incarnation_max && node.size() <= name_bytes_max &&
           from.size() <= name_bytes_max;
}

}  // namespace

/// Everything in it is bounded, so that no peer can fill the queue with what never fits a packet.
void Membership::spread(const std::string& name, const wire::Message& news) {
    Bytes message = wire::encode_message(news);
    SCRIMP_ASSERT(message.size() <= news_bytes_max);
    body_.news.add(name, std::move(message));
}

void Membership::report(Change change, const Member& member) {
    body_.actions.push_back(MemberEvent{change, member});
}

void Membership::drop_suspicion(const std::string& name) {
    if (suspicions_.erase(name) > 0) timeouts_.cancel(name);
}

// ---- alive ----------------------------------------------------------------------------------

void Membership::handle_alive(Instant now, const wire::Alive& alive) {
    Result<Profile> profile = profile_of(alive);
    if (!profile) return refuse(now, alive.node, profile.error().message);
    if (!is_allowed(profile->endpoint, body_.config.allowed_networks)) {
        return refuse(now, alive.node,
                      "is at " + profile->endpoint.ip_text() + ", outside the allowed networks");
    }
    const Member* member = body_.roster.find(alive.node);
    if (member != nullptr && profile->versions == Versions{}) {
        profile->versions = member->profile->versions;
    }
    if (!understand_each_other(profile->versions, body_.roster.self().profile->versions)) {
        return refuse(now, alive.node, "speaks versions that we do not, or not ours");
    }
    apply_alive(now, std::move(*profile), alive.incarnation);
}

void Membership::refuse(Instant now, const std::string& name, const std::string& reason) {
    ++body_.stats.announcements_refused;
    if (now < next_refusal_report_) return;
    next_refusal_report_ = now + report_interval;
    body_.actions.push_back(AnnouncementRefused{name.substr(0, name_bytes_max), reason});
}

void Membership::apply_alive(Instant now, Profile profile, std::uint32_t incarnation) {
    Member* member = body_.roster.find(profile.name);
    if (member == nullptr) {
        member = admit(now, profile, incarnation);
        if (member != nullptr) accept_alive(now, *member, std::move(profile), incarnation);
        return;
    }
    const bool is_self = body_.roster.is_self(*member);
    if (is_self && has_left()) return;
    if (member->profile->endpoint != profile.endpoint) {
        if (is_self || !may_change_address(now, *member)) {
            handle_conflict(now, *member, std::move(profile), incarnation);
            return;
        }
        // Whoever takes the name over starts counting anew, so even a lower incarnation is news.
        accept_alive(now, *member, std::move(profile), incarnation);
        return;
    }
    if (is_self) {
        apply_alive_of_self(profile, incarnation);
    } else if (incarnation > member->incarnation) {
        accept_alive(now, *member, std::move(profile), incarnation);
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

void Membership::accept_alive(Instant now, Member& member, Profile profile,
                              std::uint32_t incarnation) {
    drop_suspicion(profile.name);
    body_.lost.forget(profile.name);

    const State before = member.state;
    const bool changed = *member.profile != profile;
    if (changed) member.profile = intern(std::move(profile));
    member.incarnation = incarnation;
    body_.roster.set_state(member, State::Alive, now);
    spread(member.profile->name, alive_of(member));

    if (is_gone(before)) {
        report(Change::Joined, member);
        return;
    }
    if (before == State::Suspect) report(Change::Recovered, member);
    if (changed) report(Change::Updated, member);
}

void Membership::apply_alive_of_self(const Profile& profile, std::uint32_t incarnation) {
    const Member& self = body_.roster.self();
    if (incarnation < self.incarnation) return;
    // What we said ourselves comes back as it was; another content under our own incarnation is an
    // earlier life of ours, and only a higher incarnation can overrule it.
    const bool is_ours = incarnation == self.incarnation &&
                         profile.metadata == self.profile->metadata &&
                         profile.versions == self.profile->versions;
    if (!is_ours) refute(incarnation);
}

bool Membership::may_change_address(Instant now, const Member& member) const {
    return member.state == State::Left ||
           (member.state == State::Dead &&
            now - member.changed_at >= body_.config.dead_address_hold);
}

void Membership::handle_conflict(Instant now, const Member& holder, Profile claimed,
                                 std::uint32_t incarnation) {
    if (now >= next_conflict_report_) {
        next_conflict_report_ = now + report_interval;
        body_.actions.push_back(NameConflict{holder, claimed.endpoint});
    }
    if (!body_.roster.is_self(holder)) note_claim(now, std::move(claimed), incarnation);
}

void Membership::note_claim(Instant now, Profile claimed, std::uint32_t incarnation) {
    forget_old_claims(now);
    const auto known = claims_.find(claimed.name);
    if (known == claims_.end() && claims_.size() >= claims_max) return;
    // A slower peer repeats what it believes; that wakes nobody who was accused in the meantime.
    const bool repeated = known != claims_.end() &&
                          known->second.profile.endpoint == claimed.endpoint &&
                          incarnation <= known->second.incarnation;
    if (repeated && known->second.state != State::Alive) return;
    const std::string name = claimed.name;
    claims_.insert_or_assign(name, Claim{std::move(claimed), incarnation, State::Alive, now});
}

/// The holder of `name` is gone: whoever claimed it lately need not wait to say so again.
void Membership::settle_claim(Instant now, const std::string& name) {
    forget_old_claims(now);
    const auto found = claims_.find(name);
    if (found == claims_.end()) return;
    Claim claim = std::move(found->second);
    claims_.erase(found);
    if (claim.state == State::Alive) apply_alive(now, std::move(claim.profile), claim.incarnation);
}

void Membership::forget_old_claims(Instant now) {
    std::erase_if(claims_,
                  [&](const auto& entry) { return now - entry.second.at > claim_age_max; });
}

/// Accusations name no address. One of exactly the claimant's incarnation, which the holder never
/// told us, is of the claimant: often an earlier life of the holder, elsewhere, that some peers
/// still believe in. The holder will outbid it once it hears; until then it is not harmed. The
/// claim stays, to know the same accusation again when another peer repeats it.
bool Membership::accuses_claimant(Instant now, const Member& holder, std::uint32_t incarnation,
                                  State accused_as, const wire::Message& accusation) {
    if (is_gone(holder.state) || incarnation <= holder.incarnation) return false;
    forget_old_claims(now);
    const auto claim = claims_.find(holder.profile->name);
    if (claim == claims_.end() || claim->second.incarnation != incarnation) return false;
    if (claim->second.state < accused_as) {
        claim->second.state = accused_as;
        spread(holder.profile->name, accusation);
    }
    return true;
}

// ---- suspect --------------------------------------------------------------------------------

void Membership::handle_suspect(Instant now, const wire::Suspect& suspect) {
    if (!is_possible(suspect.incarnation, suspect.node, suspect.from)) {
        ++body_.stats.announcements_refused;
        return;
    }
    apply_suspect(now, suspect);
}

void Membership::suspect_unanswered(Instant now, const std::string& name, std::uint32_t incarnation,
                                    Silence silence) {
    const std::string& self = body_.roster.self().profile->name;
    if (!is_possible(incarnation, name, self)) {
        ++body_.stats.announcements_refused;
        return;
    }
    apply_suspect(now, {incarnation, name, self}, silence);
}

void Membership::hasten_suspicion(Instant now, const std::string& name, Duration left) {
    const auto running = suspicions_.find(name);
    if (running == suspicions_.end()) return;
    if (left < never - now) running->second.end_by(now + left);
    timeouts_.set(name, running->second.deadline());
}

/// `found`: this is our own finding.
void Membership::apply_suspect(Instant now, const wire::Suspect& suspect,
                               std::optional<Silence> found) {
    Member* member = body_.roster.find(suspect.node);
    if (member == nullptr || suspect.incarnation < member->incarnation) return;
    if (accuses_claimant(now, *member, suspect.incarnation, State::Suspect, suspect)) return;

    const bool is_weak = found && *found != Silence::Complete;
    const auto running = suspicions_.find(suspect.node);
    if (running != suspicions_.end()) {
        if (found && *found != Silence::Hearsay) suspected_.push_back({suspect.node, true});
        if (is_weak || !running->second.confirm(suspect.from)) return;
        timeouts_.set(suspect.node, running->second.deadline());
        spread(suspect.node, suspect);
        return;
    }
    if (member->state != State::Alive) return;
    if (body_.roster.is_self(*member)) {
        refute(suspect.incarnation);
        return;
    }
    if (!is_weak) spread(suspect.node, suspect);
    member->incarnation = suspect.incarnation;
    body_.roster.set_state(*member, State::Suspect, now);

    const Config& config = body_.config;
    const Duration min =
        suspicion_timeout(config.suspicion_mult, body_.roster.size(), config.probe_interval);
    const int wanted = std::max(confirmations_wanted(), is_weak ? 1 : 0);
    const Suspicion suspicion(now, is_weak ? std::nullopt : std::optional(suspect.from), wanted,
                              min, config.suspicion_max_timeout_mult * min);
    timeouts_.set(suspect.node, suspicion.deadline());
    suspicions_.emplace(suspect.node, suspicion);
    suspected_.push_back({suspect.node, found && *found != Silence::Hearsay});
    report(Change::Suspected, *member);
}

/// Neither we nor the suspect can confirm. memberlist waits for nobody if the others are too few;
/// where they confirm eagerly, half of them will do: one whom the news misses does not matter then.
int Membership::confirmations_wanted() const {
    const Config& config = body_.config;
    const auto others = [](std::size_t members) { return static_cast<int>(members) - 2; };
    if (!config.confirms_eagerly) {
        return config.confirmations <= others(body_.roster.size()) ? config.confirmations : 0;
    }
    const int half = (std::max(0, others(body_.roster.alive_count())) + 1) / 2;
    return std::min(config.confirmations, half);
}

int Membership::confirmations_awaited(const std::string& name) const {
    const auto running = suspicions_.find(name);
    if (running == suspicions_.end()) return 0;
    return running->second.awaits(body_.roster.self().profile->name) ? running->second.wanted() : 0;
}

void Membership::shift(Duration stall) {
    for (auto& [name, suspicion] : suspicions_) suspicion.shift(stall);
    timeouts_.shift(stall);
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
    const State gone_as = dead.from == dead.node ? State::Left : State::Dead;
    if (accuses_claimant(now, *member, dead.incarnation, gone_as, dead)) return;
    drop_suspicion(dead.node);
    if (is_gone(member->state)) return;
    if (body_.roster.is_self(*member)) {
        refute(dead.incarnation);
        return;
    }
    spread(dead.node, dead);
    member->incarnation = dead.incarnation;
    const bool left = gone_as == State::Left;
    body_.roster.set_state(*member, gone_as, now);
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

void Membership::handle_asked_and_accused(std::uint32_t incarnation) {
    Member& self = body_.roster.self();
    const bool is_old = incarnation < self.incarnation;
    // While the last word about us waits to be told, the answer carries it.
    if (!is_old || has_left() || body_.news.holds(self.profile->name)) return;
    self.incarnation = std::min(self.incarnation, incarnation_max - 1) + 1;
    announce_self();
}

void Membership::announce_self() {
    const Member& self = body_.roster.self();
    spread(self.profile->name, alive_of(self));
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
    spread(name, wire::Dead{self.incarnation, name, name});
}

bool Membership::goodbye_told() const {
    return has_left() && !body_.news.holds(body_.roster.self().profile->name);
}

}  // namespace scrimp::swim
