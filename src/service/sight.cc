#include "service/sight.h"

#include <algorithm>

namespace scrimp::service {
namespace {

/// More ports of one member are not looked at: whether its host is there, these tell.
constexpr std::size_t ports_max = 16;
/// From one look at a port to the next: a doubt is looked at within this, so whoever forges doubts
/// costs little; and what is missing is found again soon after it is back.
constexpr Duration pause_min = std::chrono::seconds{1};
/// Of a port that stays missing while its agent is well.
constexpr Duration pause_max = std::chrono::seconds{8};
/// Members that one look around takes in, the next ones by name each time: one connection each, in
/// a second.
constexpr std::size_t look_around_max = 256;
constexpr Duration look_around_pause = std::chrono::seconds{5};

constexpr std::string_view kept_by_guard =
    "kept: so many upstreams do not answer us at once that it may be us who are cut off";
constexpr std::string_view kept_by_grace =
    "kept for a while: its agent is dead, but its port answers";

bool is_silence(PortAnswer answer) {
    return answer == PortAnswer::Silent || answer == PortAnswer::Unreachable;
}

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

void Sight::handle_event(Instant now, const swim::MemberEvent& event) {
    const std::string& name = event.member.profile->name;
    switch (event.change) {
        case swim::Change::Failed:
            if (Case* const opened = open(now, name, true)) {
                opened->death = event;
                opened->died_at = now;
                break;
            }
            actions_.emplace_back(Forward{event});
            break;
        case swim::Change::Suspected:
            actions_.emplace_back(Forward{event});
            if (Case* const opened = open(now, name, true)) opened->suspected = true;
            break;
        case swim::Change::Left:
            actions_.emplace_back(Forward{event});
            cases_.erase(name);
            break;
        case swim::Change::Joined:
            // Another life: what we saw of the one before says nothing about it.
            close(name);
            actions_.emplace_back(Forward{event});
            break;
        case swim::Change::Recovered:
        case swim::Change::Updated:
            actions_.emplace_back(Forward{event});
            if (const auto known = cases_.find(name); known != cases_.end()) {
                known->second.suspected = false;
                known->second.death.reset();
            }
            break;
    }
    settle(now);
}

void Sight::handle_doubt(Instant now, const std::string& member_name) {
    (void)open(now, member_name, false);
    settle(now);
}

/// Null if there is nowhere to look, or the registry shall hear everything at once.
Sight::Case* Sight::open(Instant now, const std::string& name, bool all_places) {
    const std::vector<Endpoint> endpoints = registry_.endpoints_of(name);
    if (endpoints.empty()) {
        close(name);
        return nullptr;
    }
    Case& opened = cases_[name];
    opened.doubted = true;
    if (opened.places.empty()) opened.places[endpoints.front()].probe_at = now;
    for (auto& [endpoint, place] : opened.places) place.pause = pause_min;
    if (all_places) widen(now, opened, name);
    return &opened;
}

void Sight::widen(Instant now, Case& opened, const std::string& name) {
    for (const Endpoint& endpoint : registry_.endpoints_of(name)) {
        if (opened.places.size() >= ports_max) return;
        const auto [place, is_new] = opened.places.try_emplace(endpoint);
        if (is_new) place->second.probe_at = now;
    }
}

/// Forgets the member, and what was told of it.
void Sight::close(const std::string& name) {
    const auto known = cases_.find(name);
    if (known == cases_.end()) return;
    for (const auto& [endpoint, verdict] : known->second.told) {
        actions_.emplace_back(Back{name, endpoint});
    }
    cases_.erase(known);
}

void Sight::look_around(Instant now) {
    if (looked_around_at_ && now - *looked_around_at_ < look_around_pause) return;
    looked_around_at_ = now;
    for (const std::string& name : registry_.announcing(looked_up_to_, look_around_max)) {
        if (!cases_.contains(name)) (void)open(now, name, false);
        looked_up_to_ = name;
    }
}

/// Asks for the probes that are due.
void Sight::look(Instant now, const std::string& name, Case& opened) {
    for (auto& [endpoint, place] : opened.places) {
        if (place.is_probed || now < place.probe_at) continue;
        place.is_probed = true;
        opened.doubted = false;
        actions_.emplace_back(ProbePort{name, endpoint});
    }
}

void Sight::handle_probed(Instant now, const ProbePort& probe, PortAnswer answer) {
    const auto known = cases_.find(probe.member_name);
    if (known == cases_.end()) return;
    Case& opened = known->second;
    const auto found = opened.places.find(probe.endpoint);
    if (found == opened.places.end()) return;
    const std::vector<Endpoint> endpoints = registry_.endpoints_of(probe.member_name);
    if (!std::ranges::binary_search(endpoints, probe.endpoint)) {
        opened.places.erase(found);  // It has moved, or serves something else now.
        return settle(now);
    }
    Place& place = found->second;
    place.is_probed = false;
    place.answer = answer;
    place.silences = is_silence(answer) ? place.silences + 1 : 0;
    const bool is_urgent = opened.suspected || opened.death || answer == PortAnswer::Open;
    place.pause = is_urgent ? pause_min : std::clamp(2 * place.pause, pause_min, pause_max);
    // A first silence may be bad luck: at once again.
    place.probe_at = place.silences == 1 ? now : now + place.pause;
    if (answer != PortAnswer::Open) {
        widen(now, opened, probe.member_name);
        if (registry_.is_announced_healthy(probe.member_name, probe.endpoint)) look_around(now);
    }
    settle(now);
}

void Sight::set_config(Instant now, const SightConfig& config) {
    config_ = config;
    settle(now);
}

void Sight::handle_blackout(Instant now) {
    while (!cases_.empty()) close(cases_.begin()->first);
    released_.clear();
    settle(now);
}

void Sight::handle_deadline(Instant now) {
    settle(now);
}

std::optional<SightAction> Sight::poll_action() {
    if (actions_.empty()) return std::nullopt;
    SightAction action = std::move(actions_.front());
    actions_.pop_front();
    return action;
}

Instant Sight::next_deadline() const {
    Instant next = never;
    for (const auto& [name, opened] : cases_) {
        for (const auto& [endpoint, place] : opened.places) {
            if (!place.is_probed) next = std::min(next, place.probe_at);
        }
        // While the guard holds, the next look at a port is soon enough.
        if (opened.death && !guards_) next = std::min(next, opened.died_at + config_.agent_grace);
    }
    if (guards_ && !released_.empty()) next = std::min(next, released_.front().first + loss_window);
    return next;
}

bool Sight::has(const Case& opened, PortAnswer answer) {
    return std::ranges::any_of(opened.places,
                               [&](const auto& each) { return each.second.answer == answer; });
}

/// Nothing has come from the host, and that often enough to be believed.
bool Sight::is_silent(const Case& opened) {
    if (has(opened, PortAnswer::Open) || has(opened, PortAnswer::Refused)) return false;
    const int enough = opened.suspected || opened.death ? 1 : 2;
    return std::ranges::any_of(opened.places,
                               [&](const auto& each) { return each.second.silences >= enough; });
}

/// Whether a port that has not been looked at yet may still decide.
bool Sight::is_unclear(const Case& opened) {
    return !is_silent(opened) && !has(opened, PortAnswer::Open) &&
           std::ranges::any_of(opened.places,
                               [](const auto& each) { return !each.second.answer.has_value(); });
}

bool Sight::is_past_grace(Instant now, const Case& opened) const {
    return opened.death && now - opened.died_at >= config_.agent_grace;
}

/// Upstreams of the member that would go without its host having said that they are gone.
std::size_t Sight::blind_count(const std::string& name, const Case& opened) const {
    const bool is_given_up = opened.death && has(opened, PortAnswer::Open);
    if (is_silent(opened) || is_given_up) return registry_.announced_by(name);
    return static_cast<std::size_t>(std::ranges::count_if(
        opened.places, [](const auto& each) { return each.second.silences >= 2; }));
}

void Sight::turn_guard(Instant now) {
    while (!released_.empty() && now - released_.front().first >= loss_window) {
        released_.pop_front();
    }
    std::size_t lost = 0;
    for (const auto& [name, opened] : cases_) lost += blind_count(name, opened);
    bool holds = false;
    if (lost > 0) {
        const std::size_t left = registry_.announced_by_all();
        std::size_t gone = 0;
        for (const auto& [at, count] : released_) gone += count;
        holds = lost >= left ||
                (lost + gone) * 100 >
                    (left + gone) * static_cast<std::size_t>(config_.unavailable_share_max);
    }
    if (std::exchange(guards_, holds) != holds) actions_.emplace_back(GuardTurned{holds});
}

/// Whether the registry shall hear of the death.
bool Sight::may_go(Instant now, const Case& opened) const {
    if (!opened.death) return false;
    if (is_past_grace(now, opened))
        return !guards_ || !(is_silent(opened) || has(opened, PortAnswer::Open));
    if (is_unclear(opened)) return false;
    if (is_silent(opened)) return !guards_;
    return !has(opened, PortAnswer::Open);
}

std::map<Endpoint, Sight::Verdict> Sight::verdicts_on(const std::string& name,
                                                      const Case& opened) const {
    std::map<Endpoint, Verdict> verdicts;
    const std::string guard(guards_ ? kept_by_guard : "");
    if (is_silent(opened)) {
        const bool is_unreachable = !has(opened, PortAnswer::Silent);
        const std::string why(is_unreachable ? reason::unreachable : reason::timeout);
        for (const Endpoint& endpoint : registry_.endpoints_of(name)) {
            verdicts[endpoint] = {why, guard};
        }
        return verdicts;
    }
    for (const auto& [endpoint, place] : opened.places) {
        if (place.answer == PortAnswer::Refused) {
            verdicts[endpoint] = {std::string(reason::refused), ""};
        } else if (place.silences >= 2) {
            verdicts[endpoint] = {std::string(reason_of(*place.answer)), guard};
        } else if (place.answer == PortAnswer::Open && opened.death) {
            verdicts[endpoint] = {"", std::string(guards_ ? kept_by_guard : kept_by_grace)};
        }
    }
    return verdicts;
}

void Sight::tell(const std::string& name, Case& opened) {
    std::map<Endpoint, Verdict> verdicts = verdicts_on(name, opened);
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
    turn_guard(now);
    for (auto at = cases_.begin(); at != cases_.end();) {
        auto& [name, opened] = *at;
        if (may_go(now, opened)) {
            tell(name, opened);  // So that it is known why it goes.
            const std::size_t count = blind_count(name, opened);
            if (count > 0) released_.emplace_back(now, count);
            actions_.emplace_back(Forward{*opened.death});
            at = cases_.erase(at);
            continue;
        }
        tell(name, opened);
        if (is_over(now, opened)) {
            at = cases_.erase(at);
            continue;
        }
        look(now, name, opened);
        ++at;
    }
}

/// Nobody has doubted since the last look, all ports answered, and it is time for another.
bool Sight::is_over(Instant now, const Case& opened) {
    return !opened.doubted && !opened.suspected && !opened.death && opened.told.empty() &&
           std::ranges::all_of(opened.places, [&](const auto& each) {
               const Place& place = each.second;
               return place.answer == PortAnswer::Open && !place.is_probed && now >= place.probe_at;
           });
}

}  // namespace scrimp::service
