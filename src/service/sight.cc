#include "service/sight.h"

#include <algorithm>

namespace scrimp::service {
namespace {

/// More ports of one member are not looked at: whether its host is there, these tell.
constexpr std::size_t ports_max = 16;
/// Of them at a time: a rack that dies shall not fill the line of probes (runtime/port_prober.h),
/// each of which takes its whole patience then; of a living host the next follows at once.
constexpr std::size_t ports_at_once = 4;
/// From one look at a port to the next: a doubt is looked at within this, so whoever forges doubts
/// costs little; and what is missing is found again soon after it is back.
constexpr Duration pause_min = std::chrono::seconds{1};
/// Of a port that stays missing while its agent is well, and of a host that stays silent: an eighth
/// of the time for which it has been, so that one that is back is found about as soon.
constexpr Duration pause_max = std::chrono::seconds{8};
constexpr int silence_parts = 8;
/// Members that one look around takes in, the next ones by name each time: one connection each, in
/// a second.
constexpr std::size_t look_around_max = 256;
constexpr Duration look_around_pause = std::chrono::seconds{5};

bool is_silence(PortAnswer answer) {
    return answer == PortAnswer::Silent || answer == PortAnswer::Unreachable;
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
                known->second.look_at = now;
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
        if (!cases_.contains(name)) {
            if (Case* const opened = open(now, name, false)) opened->is_new = false;
        }
        looked_up_to_ = name;
    }
}

/// Asks for the probes that are due. Of a host that is silent one port tells when it is back: each
/// time another, since one of them may be shut off.
void Sight::look(Instant now, const std::string& name, Case& opened) {
    while (Place* const place = next_place(now, opened)) {
        place->is_probed = true;
        place->probed_at = now;
        opened.doubted = false;
        const auto at =
            std::ranges::find(opened.places, place, [](auto& each) { return &each.second; });
        actions_.emplace_back(ProbePort{name, at->first, std::exchange(opened.is_new, false)});
    }
}

/// The one that was looked at longest ago, or null.
Sight::Place* Sight::next_place(Instant now, Case& opened) {
    const bool silent = is_silent(opened);
    if (silent && now < opened.look_at) return nullptr;
    std::size_t under_way = 0;
    Place* next = nullptr;
    for (auto& [endpoint, place] : opened.places) {
        under_way += place.is_probed ? 1U : 0U;
        if (place.is_probed || (!silent && now < place.probe_at)) continue;
        if (next == nullptr || place.probed_at < next->probed_at) next = &place;
    }
    return under_way < (silent ? 1 : ports_at_once) ? next : nullptr;
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
    const bool was_silent = is_silent(opened);
    place.is_probed = false;
    place.answer = answer;
    place.silences = is_silence(answer) ? place.silences + 1 : 0;
    const bool is_urgent = opened.suspected || opened.death || answer == PortAnswer::Open;
    place.pause = is_urgent ? pause_min : std::clamp(2 * place.pause, pause_min, pause_max);
    place.probe_at = now + place.pause;
    is_silence(answer) ? note_silence(now, opened, place) : note_answer(now, probe, answer);
    if (was_silent && !is_silent(opened)) {  // It is back: what of its other ports?
        for (auto& [endpoint, other] : opened.places) {
            if (&other != &place) other.probe_at = now;
        }
    }
    if (answer != PortAnswer::Open) {
        widen(now, opened, probe.member_name);
        if (guards_ || registry_.is_announced_healthy(probe.member_name, probe.endpoint)) {
            look_around(now);
        }
    }
    settle(now);
}

void Sight::note_silence(Instant now, Case& opened, Place& place) {
    if (place.silences == 1) place.silent_since = now;
    opened.silent_at = place.probed_at;
    const Duration lasted = opened.silent_since ? now - *opened.silent_since : Duration::zero();
    opened.look_at = now + std::clamp(lasted / silence_parts, pause_min, pause_max);
    // A first silence may be bad luck: at once again.
    if (place.silences > 1 || opened.silent_since) return;
    place.probe_at = now;
    opened.look_at = now;
}

void Sight::set_config(Instant now, const SightConfig& config) {
    config_ = config;
    settle(now);
}

void Sight::handle_blackout(Instant now) {
    while (!cases_.empty()) close(cases_.begin()->first);
    released_.clear();
    answered_.clear();
    answered_at_ = Instant::min();
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
        std::size_t under_way = 0;
        Instant look_at = never;
        for (const auto& [endpoint, place] : opened.places) {
            under_way += place.is_probed ? 1U : 0U;
            if (!place.is_probed) look_at = std::min(look_at, place.probe_at);
        }
        const bool silent = is_silent(opened);
        if (silent) look_at = opened.look_at;
        // Beyond it the next answer is waited for.
        if (under_way < (silent ? 1 : ports_at_once)) next = std::min(next, look_at);
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

/// Nobody has doubted since the last look, all ports answered, and it is time for another.
bool Sight::is_over(Instant now, const Case& opened) {
    if (opened.doubted || opened.suspected || opened.death || !opened.told.empty()) return false;
    bool is_time = opened.places.empty();
    for (const auto& [endpoint, place] : opened.places) {
        if (place.answer != PortAnswer::Open || place.is_probed) return false;
        is_time = is_time || now >= place.probe_at;
    }
    return is_time;
}

}  // namespace scrimp::service
