#include "service/challenges.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "base/assert.h"
#include "service/message_fields.h"
#include "service/metadata.h"

namespace scrimp::service {
namespace {

/// Repeated for losses only: a balancer answers at once.
constexpr Duration tell_retry_min = std::chrono::milliseconds{500};
constexpr Duration tell_retry_max = std::chrono::seconds{2};

/// How one balancer stands to one challenge.
struct Told {
    enum class Stand : std::uint8_t { Open, Held, Refused };
    Stand stand = Stand::Open;
    ChallengeRefusal why{};
    Instant next{};
    Duration pause = tell_retry_min;
};

struct Course {
    std::string answer;
    Instant until{};
    std::optional<Instant> settle_by{};  ///< Nothing once it has settled.
    std::map<std::string, Told> told;
};

}  // namespace

struct Challenges::State {
    State(Instant now, std::string name, bool is_balancer) : self(std::move(name)), latest(now) {
        SCRIMP_ASSERT(is_plain_name(self));
        if (is_balancer) balancers[self] = true;
    }

    void observe(Instant now) {
        SCRIMP_ASSERT(now >= latest);
        latest = now;
    }

    void tell_what_is_due();
    void settle_what_is_due();
    void settle(const std::string& token, Course& course);

    std::string self;
    Instant latest;
    std::map<std::string, bool> balancers;  ///< Whether they can hold one.
    std::map<std::string, Course> courses;  ///< By token.
    std::deque<ChallengeAction> actions;
};

void Challenges::State::tell_what_is_due() {
    for (auto& [token, course] : courses) {
        for (auto& [name, told] : course.told) {
            if (told.next > latest) continue;
            actions.emplace_back(TellChallenge{name, ChallengeTold{self, {token, course.answer}}});
            const bool is_open = told.stand == Told::Stand::Open && course.settle_by.has_value();
            told.next = latest + (is_open ? told.pause : challenge_repeat);
            told.pause = std::min(told.pause * 2, tell_retry_max);
        }
    }
}

void Challenges::State::settle_what_is_due() {
    for (auto& [token, course] : courses) {
        if (!course.settle_by) continue;
        const bool waits = std::ranges::any_of(
            course.told, [](const auto& each) { return each.second.stand == Told::Stand::Open; });
        if (!waits || *course.settle_by <= latest) settle(token, course);
    }
}

void Challenges::State::settle(const std::string& token, Course& course) {
    course.settle_by.reset();
    ChallengeSettled settled{token, {}, {}, {}, {}};
    for (const auto& [name, told] : course.told) {
        if (told.stand == Told::Stand::Held) settled.held.push_back(name);
        if (told.stand == Told::Stand::Open) settled.unheard.push_back(name);
        if (told.stand == Told::Stand::Refused) settled.refused.emplace_back(name, told.why);
    }
    for (const auto& [name, is_able] : balancers) {
        if (!is_able) settled.unable.push_back(name);
    }
    actions.emplace_back(std::move(settled));
}

Challenges::Challenges(Instant now, std::string self, bool is_balancer)
    : state_(std::make_unique<State>(now, std::move(self), is_balancer)) {}

Challenges::~Challenges() = default;

void Challenges::handle_event(Instant now, const swim::MemberEvent& event) {
    State& state = *state_;
    state.observe(now);
    const swim::Profile& profile = *event.member.profile;
    if (profile.name == state.self) return;
    const auto announced = decode_metadata(profile.metadata);
    const bool is_here = event.change != swim::Change::Left && event.change != swim::Change::Failed;
    if (is_here && announced && announced->role == Role::LoadBalancer) {
        const bool is_able = announced->acknowledges && is_plain_name(profile.name);
        state.balancers[profile.name] = is_able;
        for (auto& [token, course] : state.courses) {
            if (is_able) course.told.try_emplace(profile.name, Told{.next = now});
        }
    } else {
        state.balancers.erase(profile.name);
        for (auto& [token, course] : state.courses) course.told.erase(profile.name);
    }
    state.tell_what_is_due();
    state.settle_what_is_due();
}

Result<void> Challenges::begin(Instant now, const Challenge& challenge) {
    State& state = *state_;
    state.observe(now);
    const auto found = state.courses.find(challenge.token);
    if (found == state.courses.end() && state.courses.size() >= challenges_told_max) {
        return fail("this node tells of " + std::to_string(challenges_told_max) +
                    " challenges already; remove those that are over");
    }
    if (found != state.courses.end() && found->second.answer != challenge.answer) {
        return fail("this node tells another answer for the token already; remove it first");
    }
    Course& course = state.courses[challenge.token];
    course = {.answer = challenge.answer,
              .until = now + challenge_longest,
              .settle_by = now + challenge_settle_longest,
              .told = {}};
    for (const auto& [name, is_able] : state.balancers) {
        if (is_able) course.told[name] = {.next = now};
    }
    state.tell_what_is_due();
    state.settle_what_is_due();
    return {};
}

void Challenges::end(Instant now, const std::string& token) {
    State& state = *state_;
    state.observe(now);
    const auto found = state.courses.find(token);
    if (found != state.courses.end()) {
        if (found->second.settle_by) state.settle(token, found->second);
        state.courses.erase(found);
    }
    for (const auto& [name, is_able] : state.balancers) {
        if (is_able)
            state.actions.emplace_back(TellChallenge{name, ChallengeOver{state.self, token}});
    }
}

void Challenges::handle_reply(Instant now, const ChallengeReply& reply) {
    State& state = *state_;
    state.observe(now);
    const auto found = state.courses.find(reply.token);
    if (reply.member != state.self || found == state.courses.end()) return;
    const auto told = found->second.told.find(reply.balancer);
    if (told == found->second.told.end()) return;
    told->second.stand = reply.refusal ? Told::Stand::Refused : Told::Stand::Held;
    if (reply.refusal) told->second.why = *reply.refusal;
    told->second.next = now + challenge_repeat;
    state.settle_what_is_due();
}

void Challenges::handle_deadline(Instant now) {
    State& state = *state_;
    state.observe(now);
    std::erase_if(state.courses, [now](const auto& each) { return each.second.until <= now; });
    state.tell_what_is_due();
    state.settle_what_is_due();
}

std::optional<ChallengeAction> Challenges::poll_action() {
    std::deque<ChallengeAction>& actions = state_->actions;
    if (actions.empty()) return std::nullopt;
    ChallengeAction action = std::move(actions.front());
    actions.pop_front();
    return action;
}

Instant Challenges::next_deadline() const {
    Instant next = never;
    for (const auto& [token, course] : state_->courses) {
        next = std::min({next, course.until, course.settle_by.value_or(never)});
        for (const auto& [name, told] : course.told) next = std::min(next, told.next);
    }
    return next;
}

}  // namespace scrimp::service
