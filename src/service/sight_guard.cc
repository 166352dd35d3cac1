// What a Sight concludes: who is missing, and whether that is believed.
#include <algorithm>

#include "service/sight.h"

namespace scrimp::service {
namespace {

/// Twice the longest time between two looks around while somebody is silent.
constexpr Duration answer_gap = std::chrono::seconds{30};

constexpr std::string_view kept_by_guard =
    "kept: so many upstreams do not answer us at once that it may be us who are cut off";
constexpr std::string_view kept_by_grace =
    "kept for a while: its agent is dead, but its port answers";

std::string_view reason_of(PortAnswer answer) {
    switch (answer) {
        case PortAnswer::Refused:
            return reason::refused;
        case PortAnswer::Unreachable:
            return reason::unreachable;
        default:
            return reason::timeout;
    }
}

}  // namespace

bool Sight::is_past_grace(Instant now, const Case& opened) const {
    return opened.death && now - opened.died_at >= config_.agent_grace;
}

/// A port that stays silent on a host that answers elsewhere: that is the application.
bool Sight::is_hung(Instant now, const Place& place) {
    return place.silences >= 2 && now - place.silent_since >= guard_hold;
}

/// Upstreams of the member that would go without it being certain that they are gone.
std::size_t Sight::blind_count(Instant now, const std::string& name, const Case& opened) const {
    if (opened.given_up) return 0;
    const bool is_forsaken = opened.death && has(opened, PortAnswer::Open);
    if (is_silent(opened) || is_forsaken) return registry_.applications_of(name).size();
    return static_cast<std::size_t>(std::ranges::count_if(opened.places, [&](const auto& each) {
        return each.second.silences >= 2 && !is_hung(now, each.second);
    }));
}

/// Proof that we see.
void Sight::note_answer(Instant now, const ProbePort& probe, PortAnswer answer) {
    if (answered_at_ == Instant::min() || now - answered_at_ > answer_gap) answering_since_ = now;
    answered_at_ = now;
    if (answer != PortAnswer::Open) return;
    for (const Application& application : registry_.applications_of(probe.member_name)) {
        if (application.application_port == probe.endpoint.port) {
            answered_[application.name.text()] = now;
        }
    }
}

/// Keeps the books of a silence, whether it is guarded or not: who was proven to be gone stays out
/// when the guard begins to hold.
void Sight::weigh(Instant now, const std::string& name, Case& opened) {
    if (!is_silent(opened)) {
        opened.silent_since.reset();
        opened.others_answer.reset();
        opened.given_up = false;
        return;
    }
    if (!opened.silent_since) opened.silent_since = now;
    const Instant from = *opened.silent_since + guard_hold;
    if (!opened.others_answer &&
        std::ranges::all_of(registry_.applications_of(name), [&](const Application& application) {
            const auto answered = answered_.find(application.name.text());
            return answered != answered_.end() && answered->second >= from;
        })) {
        opened.others_answer = now;
    }
    opened.given_up = opened.given_up || is_proven(now, opened);
}

/// That we see, and it is gone. What answered before it fell silent, or before it was looked at
/// again, says nothing: in between all may have gone dark, or come back.
bool Sight::is_proven(Instant now, const Case& opened) const {
    if (opened.others_answer && opened.silent_at >= *opened.others_answer) return true;
    return answered_at_ != Instant::min() && now - answered_at_ <= answer_gap &&
           now - std::max(*opened.silent_since, answering_since_) >= guard_patience;
}

void Sight::turn_guard(Instant now) {
    while (!released_.empty() && now - released_.front().first >= loss_window) {
        released_.pop_front();
    }
    std::size_t left = registry_.announced_by_all();
    lost_ = 0;
    for (const auto& [name, opened] : cases_) {
        lost_ += blind_count(now, name, opened);
        if (opened.given_up) left -= registry_.applications_of(name).size();
    }
    bool holds = false;
    if (lost_ > 0) {
        std::size_t gone = 0;
        for (const auto& [at, count] : released_) gone += count;
        holds = lost_ >= left ||
                (lost_ + gone) * 100 >
                    (left + gone) * static_cast<std::size_t>(config_.unavailable_share_max);
    }
    if (std::exchange(guards_, holds) != holds) actions_.emplace_back(GuardTurned{holds});
}

/// Whether the registry shall hear of the death.
bool Sight::may_go(Instant now, const Case& opened) const {
    if (!opened.death) return false;
    if (is_silent(opened)) return !guards_ || opened.given_up;
    if (is_past_grace(now, opened)) return !guards_ || !has(opened, PortAnswer::Open);
    if (is_unclear(opened)) return false;
    return !has(opened, PortAnswer::Open);
}

std::map<Endpoint, Sight::Verdict> Sight::verdicts_on(Instant now, const std::string& name,
                                                      const Case& opened) const {
    std::map<Endpoint, Verdict> verdicts;
    const std::string guard(guards_ ? kept_by_guard : "");
    if (is_silent(opened)) {
        const bool is_unreachable = !has(opened, PortAnswer::Silent);
        const std::string why(is_unreachable ? reason::unreachable : reason::timeout);
        for (const Endpoint& endpoint : registry_.endpoints_of(name)) {
            verdicts[endpoint] = {why, opened.given_up ? "" : guard};
        }
        return verdicts;
    }
    for (const auto& [endpoint, place] : opened.places) {
        if (place.answer == PortAnswer::Refused) {
            verdicts[endpoint] = {std::string(reason::refused), ""};
        } else if (place.silences >= 2) {
            verdicts[endpoint] = {std::string(reason_of(*place.answer)),
                                  is_hung(now, place) ? "" : guard};
        } else if (place.answer == PortAnswer::Open && opened.death) {
            verdicts[endpoint] = {"", std::string(guards_ ? kept_by_guard : kept_by_grace)};
        }
    }
    return verdicts;
}

void Sight::tell(Instant now, const std::string& name, Case& opened) {
    std::map<Endpoint, Verdict> verdicts = verdicts_on(now, name, opened);
    for (const auto& [endpoint, verdict] : opened.told) {
        if (!verdicts.contains(endpoint)) actions_.emplace_back(Back{name, endpoint});
    }
    for (const auto& [endpoint, verdict] : verdicts) {
        const auto before = opened.told.find(endpoint);
        if (before != opened.told.end() && before->second == verdict) continue;
        actions_.emplace_back(Missing{name, endpoint, verdict.reason, verdict.stays});
    }
    opened.told = std::move(verdicts);
}

/// Draws the conclusions of what is known now.
void Sight::settle(Instant now) {
    std::erase_if(answered_,
                  [now](const auto& each) { return now - each.second > guard_patience; });
    for (auto& [name, opened] : cases_) weigh(now, name, opened);
    turn_guard(now);
    for (auto at = cases_.begin(); at != cases_.end();) {
        auto& [name, opened] = *at;
        if (may_go(now, opened)) {
            tell(now, name, opened);  // So that it is known why it goes.
            const std::size_t count = blind_count(now, name, opened);
            if (count > 0) released_.emplace_back(now, count);
            actions_.emplace_back(Forward{*opened.death});
            at = cases_.erase(at);
            continue;
        }
        tell(now, name, opened);
        if (is_over(now, opened)) {
            at = cases_.erase(at);
            continue;
        }
        look(now, name, opened);
        ++at;
    }
}

}  // namespace scrimp::service
