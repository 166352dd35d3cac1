#include "service/held_challenges.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "base/assert.h"
#include "service/grant.h"
#include "service/message_fields.h"

namespace scrimp::service {
namespace {

struct HeldAnswer {
    std::string answer;
    std::string asker;
    Instant since{};
    Instant until{};
    Instant may_reply_at{};
};

}  // namespace

struct HeldChallenges::State {
    State(Instant now, std::string name, ChallengePolicy allowed)
        : self(std::move(name)), policy(std::move(allowed)), latest(now), members{self} {
        SCRIMP_ASSERT(is_plain_name(self));
    }

    void observe(Instant now) {
        SCRIMP_ASSERT(now >= latest);
        latest = now;
    }

    [[nodiscard]] std::optional<ChallengeRefusal> take(const ChallengeTold& told);
    [[nodiscard]] bool make_room_for(const std::string& asker);
    void forget(std::map<std::string, HeldAnswer, std::less<>>::iterator entry);
    void refuse(const ChallengeTold& told, ChallengeRefusal why);

    std::string self;
    ChallengePolicy policy;
    Instant latest;
    std::set<std::string> members;
    std::map<std::string, HeldAnswer, std::less<>> held;  ///< By token.
    std::map<std::string, std::size_t> counts;            ///< By asker, none of them 0.
    std::map<std::string, Instant> refused;               ///< By member: when last.
    std::deque<ChallengeReply> actions;
};

void HeldChallenges::State::forget(std::map<std::string, HeldAnswer, std::less<>>::iterator entry) {
    const auto count = counts.find(entry->second.asker);
    if (--count->second == 0) counts.erase(count);
    held.erase(entry);
}

bool HeldChallenges::State::make_room_for(const std::string& asker) {
    if (held.size() < challenges_held_max) return true;
    const auto count = counts.find(asker);
    const std::size_t own = count == counts.end() ? 0 : count->second;
    const auto most =
        std::ranges::max_element(counts, {}, [](const auto& each) { return each.second; });
    if (most->second <= own + 1) return false;
    auto oldest = held.end();
    for (auto each = held.begin(); each != held.end(); ++each) {
        if (each->second.asker != most->first) continue;
        if (oldest == held.end() || each->second.since < oldest->second.since) oldest = each;
    }
    forget(oldest);
    return true;
}

std::optional<ChallengeRefusal> HeldChallenges::State::take(const ChallengeTold& told) {
    if (!policy.takes(told.asker)) return ChallengeRefusal::Denied;
    if (const auto found = held.find(told.challenge.token); found != held.end()) {
        if (found->second.answer != told.challenge.answer) return ChallengeRefusal::Taken;
        found->second.until = latest + challenge_keep;
        return std::nullopt;
    }
    const auto count = counts.find(told.asker);
    if (count != counts.end() && count->second >= challenges_of_member_max) {
        return ChallengeRefusal::Full;
    }
    if (!make_room_for(told.asker)) return ChallengeRefusal::Full;
    held.emplace(told.challenge.token, HeldAnswer{.answer = told.challenge.answer,
                                                  .asker = told.asker,
                                                  .since = latest,
                                                  .until = latest + challenge_keep,
                                                  .may_reply_at = latest});
    ++counts[told.asker];
    return std::nullopt;
}

void HeldChallenges::State::refuse(const ChallengeTold& told, ChallengeRefusal why) {
    const auto [last, is_first] = refused.try_emplace(told.asker, latest);
    if (!is_first && latest < last->second + challenge_reply_pause) return;
    last->second = latest;
    actions.push_back({self, told.asker, told.challenge.token, why});
}

bool ChallengePolicy::takes(std::string_view node) const {
    return !nodes.empty() && matches_any(nodes, node);
}

HeldChallenges::HeldChallenges(Instant now, std::string self, ChallengePolicy policy)
    : state_(std::make_unique<State>(now, std::move(self), std::move(policy))) {}

HeldChallenges::~HeldChallenges() = default;

void HeldChallenges::set_policy(ChallengePolicy policy) {
    state_->policy = std::move(policy);
}

void HeldChallenges::handle_event(Instant now, const swim::MemberEvent& event) {
    State& state = *state_;
    state.observe(now);
    const std::string& name = event.member.profile->name;
    const bool is_gone = event.change == swim::Change::Left || event.change == swim::Change::Failed;
    if (!is_gone) {
        state.members.insert(name);
    } else if (name != state.self) {
        state.members.erase(name);
        state.refused.erase(name);
    }
}

void HeldChallenges::handle_told(Instant now, const ChallengeTold& told) {
    State& state = *state_;
    state.observe(now);
    if (!state.members.contains(told.asker)) return;
    if (const auto why = state.take(told)) return state.refuse(told, *why);
    HeldAnswer& held = state.held.find(told.challenge.token)->second;
    if (now < held.may_reply_at) return;
    held.may_reply_at = now + challenge_reply_pause;
    state.actions.push_back({state.self, told.asker, told.challenge.token, std::nullopt});
}

void HeldChallenges::handle_over(Instant now, const ChallengeOver& over) {
    State& state = *state_;
    state.observe(now);
    const auto found = state.held.find(over.token);
    if (found != state.held.end() && state.members.contains(over.asker)) state.forget(found);
}

std::optional<std::string_view> HeldChallenges::find(Instant now, std::string_view token) const {
    const auto found = state_->held.find(token);
    if (found == state_->held.end() || found->second.until <= now) return std::nullopt;
    return found->second.answer;
}

std::size_t HeldChallenges::count() const {
    return state_->held.size();
}

void HeldChallenges::handle_deadline(Instant now) {
    State& state = *state_;
    state.observe(now);
    for (auto each = state.held.begin(); each != state.held.end();) {
        const auto entry = each++;
        if (entry->second.until <= now) state.forget(entry);
    }
}

std::optional<ChallengeReply> HeldChallenges::poll_action() {
    std::deque<ChallengeReply>& actions = state_->actions;
    if (actions.empty()) return std::nullopt;
    ChallengeReply action = std::move(actions.front());
    actions.pop_front();
    return action;
}

Instant HeldChallenges::next_deadline() const {
    Instant next = never;
    for (const auto& [token, held] : state_->held) next = std::min(next, held.until);
    return next;
}

}  // namespace scrimp::service
