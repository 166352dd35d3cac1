// Who is known: the members sorted by name, and the order in which they are probed.
//
// Members lie in one sorted array of small records, so that a thousand simulated nodes can each
// hold a thousand of them; a newcomer shifts the records behind it. The probe order is a shuffled
// walk over all of them: a newcomer enters it at a random place, and when the walk is through the
// dead are forgotten and it is shuffled again, so that everybody is probed within two walks. A
// steady walk keeps its order instead, so that everybody is probed once in the time of one walk;
// now and then it is shuffled too, lest nodes that happen to ask in step do so for ever.
// Source: SWIM section 4.3; memberlist state.go (probe, resetNodes), util.go (kRandomNodes).
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "swim/types.h"

namespace scrimp::swim {

class Roster {
  public:
    /// Begins with ourselves, who are never forgotten.
    explicit Roster(Member self, bool steady_walk = false);

    [[nodiscard]] std::span<const Member> members() const { return members_; }
    [[nodiscard]] std::size_t size() const { return members_.size(); }
    /// Neither dead nor left, ourselves included.
    [[nodiscard]] std::size_t alive_count() const { return alive_; }

    [[nodiscard]] Member& self() { return members_[self_]; }
    [[nodiscard]] const Member& self() const { return members_[self_]; }
    [[nodiscard]] bool is_self(const Member& member) const { return &member == &members_[self_]; }
    /// O(log n); nothing if the name is unknown. Valid until the next add() or next_in_walk().
    [[nodiscard]] Member* find(std::string_view name);
    [[nodiscard]] const Member* find(std::string_view name) const;

    /// Whether `wanted` is true of the endpoint of somebody who is neither dead nor left. O(n).
    template <class Wanted>
    [[nodiscard]] bool has_living(Wanted wanted) const {
        return std::any_of(members_.begin(), members_.end(), [&](const Member& member) {
            return wanted(member.profile->endpoint) && !is_gone(member.state);
        });
    }

    /// Adds a member whose name is unknown (asserted). O(n) moves of small records.
    Member& add(Member newcomer, Random& random);
    void set_state(Member& member, State state, Instant now);
    /// Adds the living of `known` whose names are new, as alive since `now`, up to `members_max` in
    /// all, and begins the walk anew. O(n log n) for all together, O(n) if they come sorted.
    void adopt(Instant now, std::span<const Member> known, std::size_t members_max, Random& random);

    /// The next living member of the walk, not ourselves; nothing if there is none. A walk that is
    /// through forgets members that have been dead or have left for longer than `keep_dead`.
    [[nodiscard]] const Member* next_in_walk(Instant now, Duration keep_dead, Random& random);

    /// Up to `count` different members, none of them ourselves, for whom `wanted` is true, by
    /// chance. Where most are unwanted in a large roster it may find fewer than there are.
    template <class Wanted>
    [[nodiscard]] std::vector<const Member*> pick(std::size_t count, Random& random,
                                                  Wanted wanted) const;

  private:
    /// Below this a pick looks at everybody, so that a small cluster never misses the only peer.
    static constexpr std::size_t small_roster = 64;
    /// Draws of a pick in a large roster, for each member asked for: half of them unwanted still
    /// leaves a miss less likely than one in a million.
    static constexpr std::size_t draws_per_pick = 20;

    /// One walk in so many is shuffled though steady: seldom enough that its longer gaps do not
    /// count, often enough that no step is kept for more than minutes.
    static constexpr std::uint64_t walks_per_shuffle = 16;

    [[nodiscard]] std::size_t position_of(std::string_view name) const;
    void forget(Instant now, Duration keep_dead);
    void start_walk(Instant now, Duration keep_dead, Random& random);

    std::vector<Member> members_;
    std::size_t self_ = 0;
    /// Whole states come sorted: the next name is most often that of the one behind.
    std::size_t last_found_ = 0;
    std::size_t alive_ = 1;
    std::vector<std::uint32_t> walk_;  ///< Positions in members_, each once.
    std::size_t walked_ = 0;
    bool steady_walk_;
};

template <class Wanted>
std::vector<const Member*> Roster::pick(std::size_t count, Random& random, Wanted wanted) const {
    std::vector<const Member*> picked;
    if (members_.size() <= small_roster) {
        for (const Member& member : members_) {
            if (!is_self(member) && wanted(member)) picked.push_back(&member);
        }
        random.shuffle(std::span(picked));
        if (picked.size() > count) picked.resize(count);
        return picked;
    }
    for (std::size_t draws = draws_per_pick * count; draws > 0 && picked.size() < count; --draws) {
        const Member& member = members_[random.below(members_.size())];
        if (is_self(member) || !wanted(member)) continue;
        if (std::find(picked.begin(), picked.end(), &member) == picked.end()) {
            picked.push_back(&member);
        }
    }
    return picked;
}

}  // namespace scrimp::swim
