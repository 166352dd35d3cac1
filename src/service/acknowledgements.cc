#include "service/acknowledgements.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "base/assert.h"
#include "service/message_fields.h"

namespace scrimp::service {
namespace {

struct Held {
    ListDigest digest;
    Instant until{};
    std::optional<std::uint64_t> revision{};  ///< Of the first table that heeds it.
    std::optional<ListDigest> next{};         ///< Asked for while this one waits.
    bool open = true;                         ///< Not answered since it was asked last.
    Instant may_answer_at = Instant::min();

    /// To the newer question, if there is one.
    void go_on() {
        if (!next) return;
        digest = *std::exchange(next, std::nullopt);
        revision.reset();
        open = true;
    }
};

}  // namespace

struct Acknowledgements::State {
    State(Instant now, std::string name) : self(std::move(name)), latest(now) {
        SCRIMP_ASSERT(is_plain_name(self));
    }

    void observe(Instant now) {
        SCRIMP_ASSERT(now >= latest);
        latest = now;
    }

    void make_room();
    void answer_what_is_served();

    std::string self;
    Instant latest;
    std::optional<std::uint64_t> served;
    std::map<std::string, Held> held;
    std::deque<SendServing> actions;
};

void Acknowledgements::State::make_room() {
    if (held.size() < questions_held_max) return;
    held.erase(
        std::ranges::min_element(held, {}, [](const auto& each) { return each.second.until; }));
}

void Acknowledgements::State::answer_what_is_served() {
    if (!served) return;
    for (auto& [member, question] : held) {
        const bool is_served = question.revision && *question.revision <= *served;
        if (!question.open || !is_served || latest < question.may_answer_at) continue;
        question.open = false;
        question.may_answer_at = latest + serving_pause;
        actions.push_back({member, encode_farewell(ServingAnswer{self, member, question.digest})});
        question.go_on();
    }
}

Acknowledgements::Acknowledgements(Instant now, std::string self)
    : state_(std::make_unique<State>(now, std::move(self))) {}

Acknowledgements::~Acknowledgements() = default;

void Acknowledgements::handle_question(Instant now, const ServingQuestion& question) {
    State& state = *state_;
    state.observe(now);
    if (!state.held.contains(question.asker)) state.make_room();
    Held& held = state.held[question.asker];
    held.until = now + question_keep;
    held.next.reset();
    if (held.open && held.revision) {
        if (held.digest != question.digest) held.next = question.digest;
    } else {
        held.revision.reset();
        held.digest = question.digest;
        held.open = true;
    }
    state.answer_what_is_served();
}

std::vector<std::pair<std::string, ListDigest>> Acknowledgements::unplaced() const {
    std::vector<std::pair<std::string, ListDigest>> unplaced;
    for (const auto& [member, question] : state_->held) {
        if (!question.revision) unplaced.emplace_back(member, question.digest);
    }
    return unplaced;
}

std::vector<std::pair<std::string, ListDigest>> Acknowledgements::placed() const {
    std::vector<std::pair<std::string, ListDigest>> placed;
    for (const auto& [member, question] : state_->held) {
        if (question.open && question.revision) placed.emplace_back(member, question.digest);
    }
    return placed;
}

void Acknowledgements::handle_placed(Instant now, const std::string& member,
                                     const ListDigest& digest, std::uint64_t revision) {
    State& state = *state_;
    state.observe(now);
    const auto found = state.held.find(member);
    if (found == state.held.end() || found->second.digest != digest) return;
    found->second.revision = revision;
    state.answer_what_is_served();
}

void Acknowledgements::handle_displaced(Instant now, const std::string& member) {
    state_->observe(now);
    const auto found = state_->held.find(member);
    if (found == state_->held.end() || !found->second.open) return;
    found->second.revision.reset();
    found->second.go_on();
}

void Acknowledgements::handle_served(Instant now, std::uint64_t revision) {
    state_->observe(now);
    state_->served = revision;
    state_->answer_what_is_served();
}

void Acknowledgements::handle_deadline(Instant now) {
    state_->observe(now);
    std::erase_if(state_->held, [now](const auto& each) { return each.second.until <= now; });
}

std::optional<SendServing> Acknowledgements::poll_action() {
    std::deque<SendServing>& actions = state_->actions;
    if (actions.empty()) return std::nullopt;
    SendServing action = std::move(actions.front());
    actions.pop_front();
    return action;
}

Instant Acknowledgements::next_deadline() const {
    Instant next = never;
    for (const auto& [member, question] : state_->held) next = std::min(next, question.until);
    return next;
}

}  // namespace scrimp::service
