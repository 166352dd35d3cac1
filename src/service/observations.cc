#include "service/observations.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <vector>

#include "service/application.h"

namespace scrimp::service {
namespace {

/// As many members with a past as a cluster may have members that are worth routing to.
constexpr std::size_t members_max = 4096;
/// Room is made for so many at a time, so that a flood of names costs little for each.
constexpr std::size_t members_evicted = members_max / 8;
/// Less than a tenth of a failure changes nothing any more.
constexpr double penalty_forgotten = 0.1;
/// The steps of a slow start: few, since each is a reload.
constexpr int slow_steps = 4;

}  // namespace

Observations::MemberTracks& Observations::tracks_of(Instant now, const std::string& member) {
    if (members_.size() >= members_max && !members_.contains(member)) make_room(now);
    MemberTracks& tracks = members_[member];
    tracks.gone = false;
    return tracks;
}

/// Forgets those that matter least.
void Observations::make_room(Instant now) {
    struct Candidate {
        bool is_here;
        bool is_found;
        double penalty;
        std::map<std::string, MemberTracks>::iterator at;
    };
    std::vector<Candidate> candidates;
    candidates.reserve(members_.size());
    for (auto at = members_.begin(); at != members_.end(); ++at) {
        const MemberTracks& tracks = at->second;
        candidates.push_back(
            {!tracks.gone, !tracks.findings.empty(), worst_penalty(now, tracks), at});
    }
    std::ranges::nth_element(candidates, candidates.begin() + members_evicted, {},
                             [](const Candidate& each) {
                                 return std::tuple(each.is_here, each.is_found, each.penalty);
                             });
    candidates.resize(members_evicted);
    for (const Candidate& each : candidates) members_.erase(each.at);
}

/// The track of `key`; at the bound in the place of the one that has failed least.
template <class Key>
Observations::Track& Observations::track_of(Instant now, std::map<Key, Track>& tracks,
                                            const Key& key) const {
    if (tracks.size() >= applications_max && !tracks.contains(key)) {
        tracks.erase(std::ranges::min_element(
            tracks, {}, [&](const auto& each) { return penalty_at(now, each.second); }));
    }
    return tracks[key];
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
                                    std::string_view stays, bool is_failure) {
    MemberTracks& tracks = tracks_of(now, member);
    const bool is_new = !tracks.findings.contains(endpoint);
    if (is_new && tracks.findings.size() >= applications_max) return false;
    Finding& finding = tracks.findings[endpoint];
    const bool fell_out = stays.empty() && (is_new || !finding.stays.empty());
    if (fell_out && is_failure) penalise(now, track_of(now, tracks.ports, endpoint.port));
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
        Track& port = track_of(now, tracks.ports, endpoint.port);
        port.changed_at = now;
        port.entered_at = now;
    }
    tracks.findings.erase(finding);
    return true;
}

void Observations::note_newcomer(Instant now, const std::string& member) {
    if (config_.slow_start == Duration::zero()) return;
    tracks_of(now, member).whole.entered_at = now;
}

void Observations::note_change(Instant now, const std::string& member,
                               const std::string& application, Availability before,
                               Availability after) {
    Track& track = track_of(now, tracks_of(now, member).applications, application);
    track.changed_at = now;
    if (after == Availability::Healthy) track.entered_at = now;
    if (before == Availability::Healthy && after == Availability::Unhealthy) penalise(now, track);
}

void Observations::note_failed(Instant now, const std::string& member) {
    MemberTracks& tracks = tracks_of(now, member);
    // What we saw ourselves before the cluster agreed has been paid for.
    const bool is_paid = std::ranges::any_of(
        tracks.findings, [](const auto& found) { return found.second.stays.empty(); });
    if (!is_paid) penalise(now, tracks.whole);
}

void Observations::drop_findings(const std::string& member) {
    const auto known = members_.find(member);
    if (known != members_.end()) known->second.findings.clear();
}

void Observations::note_gone(const std::string& member) {
    const auto known = members_.find(member);
    if (known == members_.end()) return;
    known->second.findings.clear();
    known->second.gone = true;
}

std::uint8_t Observations::start_percent_at(Instant now, Instant entered_at) const {
    if (config_.slow_start == Duration::zero() || entered_at == Instant::min())
        return whole_percent;
    if (now - entered_at >= config_.slow_start) return whole_percent;
    const Duration step = std::max(config_.slow_start / slow_steps, Duration{1});
    const auto steps = now.time_since_epoch() / step - entered_at.time_since_epoch() / step;
    const auto percent = (1 + steps) * whole_percent / slow_steps;
    return static_cast<std::uint8_t>(std::min<Duration::rep>(percent, whole_percent));
}

Sighted Observations::look(Instant now, const std::string& member, const std::string& application,
                           const Endpoint& endpoint) const {
    Sighted seen;
    const auto known = members_.find(member);
    if (known == members_.end()) return seen;
    const MemberTracks& tracks = known->second;
    const auto heed = [&](const Track& track) {
        seen.damped_until = std::max(seen.damped_until, track.damped_until);
        seen.start_percent = std::min(seen.start_percent, start_percent_at(now, track.entered_at));
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

double Observations::worst_penalty(Instant now, const MemberTracks& tracks) const {
    double worst = 0;
    for_each(tracks, [&](const Track& track) { worst = std::max(worst, penalty_at(now, track)); });
    return worst;
}

bool Observations::matters(Instant now, const Track& track) const {
    return penalty_at(now, track) > penalty_forgotten ||
           start_percent_at(now, track.entered_at) < whole_percent;
}

void Observations::prune(
    Instant now, const std::function<const Announcement*(const std::string& member)>& announced) {
    for (auto& [member, tracks] : members_) {
        const Announcement* const announcement = announced(member);
        tracks.gone = announcement == nullptr;
        if (tracks.gone) tracks.findings.clear();
        drop_tracks(now, tracks, announcement);
    }
    std::erase_if(members_, [&](const auto& entry) {
        return entry.second.gone && worst_penalty(now, entry.second) <= penalty_forgotten;
    });
}

/// Of what is announced it is told since when it is as it is, so its tracks stay.
void Observations::drop_tracks(Instant now, MemberTracks& tracks,
                               const Announcement* announcement) const {
    if (tracks.applications.empty() && tracks.ports.empty()) return;
    std::set<std::string_view> names;
    std::set<std::uint16_t> ports;
    if (announcement != nullptr) {
        for (const Application& application : announcement->applications) {
            names.insert(application.name.text());
            ports.insert(application.application_port);
        }
    }
    std::erase_if(tracks.applications, [&](const auto& each) {
        return !names.contains(each.first) && !matters(now, each.second);
    });
    std::erase_if(tracks.ports, [&](const auto& each) {
        return !ports.contains(each.first) && !matters(now, each.second);
    });
}

Instant Observations::next_change(Instant now) const {
    Instant next = never;
    const Duration step = std::max(config_.slow_start / slow_steps, Duration{1});
    for (const auto& [member, tracks] : members_) {
        for_each(tracks, [&](const Track& track) {
            if (track.damped_until > now) next = std::min(next, track.damped_until);
            if (start_percent_at(now, track.entered_at) == whole_percent) return;
            const auto steps_done = now.time_since_epoch() / step;
            next = std::min(next, Instant((steps_done + 1) * step));
        });
    }
    return next;
}

}  // namespace scrimp::service
