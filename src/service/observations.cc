#include "service/observations.h"

#include <algorithm>
#include <cmath>

#include "service/application.h"

namespace scrimp::service {
namespace {

/// As many members with a past as a cluster may have members that are worth routing to.
constexpr std::size_t members_max = 4096;
/// Less than a tenth of a failure changes nothing any more.
constexpr double penalty_forgotten = 0.1;
/// The steps of a slow start: few, since each is a reload.
constexpr int slow_steps = 4;

}  // namespace

Observations::MemberTracks* Observations::tracks_of(const std::string& member) {
    const auto known = members_.find(member);
    if (known != members_.end()) return &known->second;
    if (members_.size() >= members_max) return nullptr;
    return &members_[member];
}

double Observations::penalty_at(Instant now, const Track& track) const {
    if (track.penalty == 0 || config_.damping_half_life == Duration::zero()) return 0;
    const double half_lives = std::chrono::duration<double>(now - track.penalised_at) /
                              std::chrono::duration<double>(config_.damping_half_life);
    return track.penalty * std::exp2(-half_lives);
}

void Observations::penalise(Instant now, Track& track) const {
    track.changed_at = now;
    if (config_.damping_half_life == Duration::zero()) return;
    track.penalty = std::min(penalty_at(now, track) + penalty_of_failure, penalty_max);
    track.penalised_at = now;
    if (track.penalty < penalty_suppress) return;
    const double half_lives = std::log2(track.penalty / penalty_reuse);
    track.damped_until =
        now + std::chrono::duration_cast<Duration>(
                  half_lives * std::chrono::duration<double>(config_.damping_half_life));
}

bool Observations::note_unavailable(Instant now, const std::string& member,
                                    const Endpoint& endpoint, std::string_view reason,
                                    std::string_view stays) {
    MemberTracks* const tracks = tracks_of(member);
    if (tracks == nullptr) return false;
    const bool is_new = !tracks->findings.contains(endpoint);
    if (is_new && tracks->findings.size() >= applications_max) return false;
    Finding& finding = tracks->findings[endpoint];
    const bool fell_out = stays.empty() && (is_new || !finding.stays.empty());
    if (fell_out) penalise(now, tracks->ports[endpoint.port]);
    if (is_new) finding.since = now;
    if (!is_new && finding.condition.reason == reason && finding.stays == stays) return false;
    const Availability state = reason.empty() ? Availability::Healthy : Availability::Unavailable;
    finding.condition = {state, std::string(reason)};
    finding.stays = std::string(stays);
    return true;
}

bool Observations::note_available(Instant now, const std::string& member,
                                  const Endpoint& endpoint) {
    const auto known = members_.find(member);
    if (known == members_.end()) return false;
    MemberTracks& tracks = known->second;
    const auto finding = tracks.findings.find(endpoint);
    if (finding == tracks.findings.end()) return false;
    if (finding->second.stays.empty()) {
        Track& port = tracks.ports[endpoint.port];
        port.changed_at = now;
        port.entered_at = now;
    }
    tracks.findings.erase(finding);
    return true;
}

void Observations::note_newcomer(Instant now, const std::string& member) {
    if (config_.slow_start == Duration::zero()) return;
    if (MemberTracks* const tracks = tracks_of(member)) tracks->whole.entered_at = now;
}

void Observations::note_change(Instant now, const std::string& member,
                               const std::string& application, Availability before,
                               Availability after) {
    MemberTracks* const tracks = tracks_of(member);
    if (tracks == nullptr) return;
    const bool is_new = !tracks->applications.contains(application);
    if (is_new && tracks->applications.size() >= applications_max) return;
    Track& track = tracks->applications[application];
    track.changed_at = now;
    if (after == Availability::Healthy) track.entered_at = now;
    if (before == Availability::Healthy && after == Availability::Unhealthy) penalise(now, track);
}

void Observations::note_failed(Instant now, const std::string& member) {
    MemberTracks* const tracks = tracks_of(member);
    if (tracks == nullptr) return;
    // What we saw ourselves before the cluster agreed has been paid for.
    const bool is_paid = std::ranges::any_of(
        tracks->findings, [](const auto& found) { return found.second.stays.empty(); });
    if (!is_paid) penalise(now, tracks->whole);
}

void Observations::drop_findings(const std::string& member) {
    const auto known = members_.find(member);
    if (known != members_.end()) known->second.findings.clear();
}

std::uint8_t Observations::weight_at(Instant now, Instant entered_at) const {
    if (config_.slow_start == Duration::zero() || entered_at == Instant::min()) return weight_max;
    if (now - entered_at >= config_.slow_start) return weight_max;
    const Duration step = std::max(config_.slow_start / slow_steps, Duration{1});
    const auto steps = now.time_since_epoch() / step - entered_at.time_since_epoch() / step;
    const auto weight = (1 + steps) * weight_max / slow_steps;
    return static_cast<std::uint8_t>(std::min<Duration::rep>(weight, weight_max));
}

Sighted Observations::look(Instant now, const std::string& member, const std::string& application,
                           const Endpoint& endpoint) const {
    Sighted seen;
    const auto known = members_.find(member);
    if (known == members_.end()) return seen;
    const MemberTracks& tracks = known->second;
    const auto heed = [&](const Track& track) {
        seen.damped_until = std::max(seen.damped_until, track.damped_until);
        seen.weight = std::min(seen.weight, weight_at(now, track.entered_at));
        seen.changed_at = std::max(seen.changed_at, track.changed_at);
    };
    heed(tracks.whole);
    const auto of_application = tracks.applications.find(application);
    if (of_application != tracks.applications.end()) heed(of_application->second);
    const auto of_port = tracks.ports.find(endpoint.port);
    if (of_port != tracks.ports.end()) heed(of_port->second);
    const auto finding = tracks.findings.find(endpoint);
    if (finding != tracks.findings.end()) seen.finding = &finding->second;
    if (config_.damping_half_life == Duration::zero()) seen.damped_until = Instant::min();
    return seen;
}

template <class Visit>
void Observations::for_each(const MemberTracks& tracks, Visit visit) {
    visit(tracks.whole);
    for (const auto& [application, track] : tracks.applications) visit(track);
    for (const auto& [port, track] : tracks.ports) visit(track);
}

void Observations::prune(Instant now,
                         const std::function<bool(const std::string& member)>& is_known) {
    std::erase_if(members_, [&](const auto& entry) {
        if (is_known(entry.first)) return false;
        bool matters = false;
        for_each(entry.second, [&](const Track& track) {
            matters = matters || penalty_at(now, track) > penalty_forgotten;
        });
        return !matters;
    });
}

Instant Observations::next_change(Instant now) const {
    Instant next = never;
    const Duration step = std::max(config_.slow_start / slow_steps, Duration{1});
    for (const auto& [member, tracks] : members_) {
        for_each(tracks, [&](const Track& track) {
            if (track.damped_until > now) next = std::min(next, track.damped_until);
            if (weight_at(now, track.entered_at) == weight_max) return;
            const auto steps_done = now.time_since_epoch() / step;
            next = std::min(next, Instant((steps_done + 1) * step));
        });
    }
    return next;
}

}  // namespace scrimp::service
