#include "swim/roster.h"

#include <numeric>

#include "base/assert.h"

namespace scrimp::swim {

Roster::Roster(Member self) : walk_{0} {
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
    return const_cast<Member*>(std::as_const(*this).find(name));
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

void Roster::start_walk(Instant now, Duration keep_dead, Random& random) {
    const auto forgotten = [&](const Member& member) {
        return !is_self(member) && is_gone(member.state) && now - member.changed_at > keep_dead;
    };
    if (std::any_of(members_.begin(), members_.end(), forgotten)) {
        std::vector<Member> kept;
        kept.reserve(members_.size());
        std::size_t self = 0;
        for (Member& member : members_) {
            if (forgotten(member)) continue;
            if (is_self(member)) self = kept.size();
            kept.push_back(std::move(member));
        }
        members_ = std::move(kept);
        self_ = self;
    }
    walk_.resize(members_.size());
    std::iota(walk_.begin(), walk_.end(), 0u);
    random.shuffle(std::span(walk_));
    walked_ = 0;
}

}  // namespace scrimp::swim
