#include "swim/unreadable.h"

#include <algorithm>
#include <utility>

namespace scrimp::swim {

namespace {

/// Among many addresses, so many lines can still be read.
constexpr Duration told_interval = std::chrono::seconds{1};

bool is_a_matter_of_settings(wire::Reason reason) {
    return reason == wire::Reason::LabelMismatch || reason == wire::Reason::NotEncrypted ||
           reason == wire::Reason::Undecryptable;
}

}  // namespace

void Unreadable::note(Instant now, const Endpoint& from, wire::Reason reason) {
    if (!is_a_matter_of_settings(reason)) return;
    if (!heard_.contains(from.ip)) make_room();
    Heard& heard = heard_[from.ip];
    if (now - heard.last >= distance_max) heard = Heard{};
    heard.last = now;
    ++heard.untold;
    if (now < heard.next_told || now < next_told_) return;
    next_told_ = now + told_interval;
    heard.next_told = now + heard.distance;
    heard.distance = std::min(2 * heard.distance, distance_max);
    body_.actions.push_back(PeerUnreadable{from, reason, std::exchange(heard.untold, 0)});
}

void Unreadable::make_room() {
    if (heard_.size() < addresses_max) return;
    heard_.erase(std::min_element(heard_.begin(), heard_.end(), [](const auto& a, const auto& b) {
        return a.second.last < b.second.last;
    }));
}

}  // namespace scrimp::swim
