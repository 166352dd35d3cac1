#include "swim/roster.h"

#include <iterator>
#include <limits>
#include <numeric>

#include "base/assert.h"

namespace scrimp::swim {

Roster::Roster(Member self, bool steady_walk) : walk_{0}, steady_walk_(steady_walk) {
    members_.push_back(std::move(self));
}

std::size_t Roster::position_of(std::string_view name) const {
    const auto at = std::lower_bound(members_.begin(), members_.end(), name,
                                     [](const Member& member, std::string_view wanted) {
                                         return member.profile->name < wanted;
                                     });
    return static_cast<std::size_t>(at - members_.begin());
}

const Member* Roster::find(std::string_view name) const {
    const std::size_t at = position_of(name);
    if (at == members_.size() || members_[at].profile->name != name) return nullptr;
    return &members_[at];
}

Member* Roster::find(std::string_view name) {
    for (const std::size_t at : {last_found_, last_found_ + 1}) {
        if (at >= members_.size() || members_[at].profile->name != name) continue;
        last_found_ = at;
        return &members_[at];
    }
    const std::size_t at = position_of(name);
    if (at == members_.size() || members_[at].profile->name != name) return nullptr;
    last_found_ = at;
    return &members_[at];
}

Member& Roster::add(Member newcomer, Random& random) {
    const std::size_t at = position_of(newcomer.profile->name);
    SCRIMP_ASSERT(at == members_.size() || members_[at].profile->name != newcomer.profile->name);
    if (!is_gone(newcomer.state)) ++alive_;
    if (self_ >= at) ++self_;
    for (std::uint32_t& position : walk_) position += position >= at ? 1 : 0;
    members_.insert(members_.begin() + static_cast<std::ptrdiff_t>(at), std::move(newcomer));

    // At a random place of the walk: appended, it would make a growing cluster blind to the newest.
    const std::size_t place = random.below(walk_.size());
    walk_.push_back(static_cast<std::uint32_t>(at));
    std::swap(walk_[place], walk_.back());
    return members_[at];
}

void Roster::adopt(Instant now, std::span<const Member> known, std::size_t members_max,
                   Random& random) {
    const auto before = [](const Member& a, const Member& b) {
        return a.profile->name < b.profile->name;
    };
    const auto same = [](const Member& a, const Member& b) {
        return a.profile->name == b.profile->name;
    };
    std::vector<Member> newcomers;
    newcomers.reserve(known.size());
    for (const Member& member : known) {
        if (is_gone(member.state) || find(member.profile->name) != nullptr) continue;
        newcomers.push_back({member.profile, member.incarnation, State::Alive, now});
    }
    if (!std::is_sorted(newcomers.begin(), newcomers.end(), before)) {
        std::stable_sort(newcomers.begin(), newcomers.end(), before);
    }
    newcomers.erase(std::unique(newcomers.begin(), newcomers.end(), same), newcomers.end());
    const std::size_t room = members_max - std::min(members_max, members_.size());
    if (newcomers.size() > room) newcomers.resize(room);
    alive_ += newcomers.size();

    const std::shared_ptr<const Profile> own = self().profile;
    std::vector<Member> all;
    // With room for those who join later: doubling would cost a large cluster half of its memory.
    all.reserve((members_.size() + newcomers.size()) * 9 / 8);
    std::merge(std::make_move_iterator(members_.begin()), std::make_move_iterator(members_.end()),
               std::make_move_iterator(newcomers.begin()), std::make_move_iterator(newcomers.end()),
               std::back_inserter(all), before);
    members_ = std::move(all);
    self_ = position_of(own->name);

    walk_.reserve(members_.capacity());
    walk_.resize(members_.size());
    std::iota(walk_.begin(), walk_.end(), 0u);
    random.shuffle(std::span(walk_));
    walked_ = 0;
}

void Roster::set_state(Member& member, State state, Instant now) {
    if (member.state == state) return;
    if (is_gone(member.state)) ++alive_;
    if (is_gone(state)) --alive_;
    member.state = state;
    member.changed_at = now;
}

const Member* Roster::next_in_walk(Instant now, Duration keep_dead, Random& random) {
    for (std::size_t looked = 0; looked <= members_.size(); ++looked) {
        if (walked_ >= walk_.size()) start_walk(now, keep_dead, random);
        const Member& member = members_[walk_[walked_++]];
        if (!is_self(member) && !is_gone(member.state)) return &member;
    }
    return nullptr;
}

void Roster::forget(Instant now, Duration keep_dead) {
    const auto forgotten = [&](const Member& member) {
        return !is_self(member) && is_gone(member.state) && now - member.changed_at > keep_dead;
    };
    if (std::none_of(members_.begin(), members_.end(), forgotten)) return;
    constexpr auto nowhere = std::numeric_limits<std::uint32_t>::max();
    std::vector<std::uint32_t> moved_to(members_.size(), nowhere);
    std::vector<Member> kept;
    kept.reserve(members_.size());
    for (std::size_t at = 0; at < members_.size(); ++at) {
        if (forgotten(members_[at])) continue;
        moved_to[at] = static_cast<std::uint32_t>(kept.size());
        kept.push_back(members_[at]);
    }
    self_ = moved_to[self_];
    members_ = std::move(kept);
    for (std::uint32_t& position : walk_) position = moved_to[position];
    std::erase(walk_, nowhere);
}

void Roster::start_walk(Instant now, Duration keep_dead, Random& random) {
    forget(now, keep_dead);
    if (!steady_walk_ || random.below(walks_per_shuffle) == 0) random.shuffle(std::span(walk_));
    walked_ = 0;
}

}  // namespace scrimp::swim
