#include "service/acknowledgements.h"

#include <deque>
#include <map>
#include <utility>

#include "base/assert.h"
#include "service/exchange_message.h"
#include "service/metadata.h"

namespace scrimp::service {
namespace {

/// What another member announced last.
struct Heard {
    ListDigest digest;               ///< Of its metadata.
    std::optional<ListDigest> list;  ///< Belongs to it and is not known yet.
    std::uint64_t revision = 0;      ///< Of the first table with all of it, once `list` is none.
    Instant may_answer_at = Instant::min();
};

struct Held {
    ListDigest digest;
    Instant until{};
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

    [[nodiscard]] bool is_served(const std::string& member, const ListDigest& digest) const;
    void answer(const std::string& member, const ListDigest& digest);
    void answer_held();

    std::string self;
    Instant latest;
    std::optional<std::uint64_t> served;
    std::map<std::string, Heard> members;
    std::map<std::string, Held> held;
    std::deque<SendServing> actions;
};

bool Acknowledgements::State::is_served(const std::string& member, const ListDigest& digest) const {
    const auto found = members.find(member);
    if (found == members.end() || !served) return false;
    const Heard& heard = found->second;
    return heard.digest == digest && !heard.list && heard.revision <= *served;
}

void Acknowledgements::State::answer(const std::string& member, const ListDigest& digest) {
    Heard& heard = members.at(member);
    if (latest < heard.may_answer_at) return;
    heard.may_answer_at = latest + serving_pause;
    actions.push_back({member, encode_farewell(ServingAnswer{self, member, digest})});
}

void Acknowledgements::State::answer_held() {
    std::erase_if(held, [this](const auto& each) {
        const auto& [member, question] = each;
        if (!is_served(member, question.digest)) return false;
        answer(member, question.digest);
        return true;
    });
}

Acknowledgements::Acknowledgements(Instant now, std::string self)
    : state_(std::make_unique<State>(now, std::move(self))) {}

Acknowledgements::~Acknowledgements() = default;

void Acknowledgements::handle_event(Instant now, const swim::MemberEvent& event,
                                    std::uint64_t revision) {
    State& state = *state_;
    state.observe(now);
    const swim::Profile& profile = *event.member.profile;
    if (event.change == swim::Change::Left || event.change == swim::Change::Failed) {
        state.members.erase(profile.name);
        state.held.erase(profile.name);
        return;
    }
    const ListDigest digest = digest_of(text_of(profile.metadata));
    const auto [place, is_new] = state.members.try_emplace(profile.name);
    if (!is_new && place->second.digest == digest) return;
    const auto announced = decode_metadata(profile.metadata);
    std::optional<ListDigest> list;
    if (announced && announced->rest) list = announced->rest->digest;
    place->second = {.digest = digest, .list = list, .revision = revision};
    state.answer_held();
}

void Acknowledgements::handle_list(Instant now, const std::string& member, const ListDigest& list,
                                   std::uint64_t revision) {
    State& state = *state_;
    state.observe(now);
    const auto found = state.members.find(member);
    if (found == state.members.end() || found->second.list != list) return;
    found->second.list.reset();
    found->second.revision = revision;
    state.answer_held();
}

void Acknowledgements::handle_served(Instant now, std::uint64_t revision) {
    state_->observe(now);
    state_->served = revision;
    state_->answer_held();
}

void Acknowledgements::handle_question(Instant now, const ServingQuestion& question) {
    State& state = *state_;
    state.observe(now);
    if (state.is_served(question.asker, question.digest)) {
        state.held.erase(question.asker);
        return state.answer(question.asker, question.digest);
    }
    // Of a member that nobody has told us of it is repeated; of strangers nothing is kept.
    if (!state.members.contains(question.asker)) return;
    state.held[question.asker] = {question.digest, now + question_keep};
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
