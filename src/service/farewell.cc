#include "service/farewell.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "base/assert.h"
#include "service/message_fields.h"
#include "service/metadata.h"

namespace scrimp::service {
namespace {

/// A question that is held is answered as soon as it can be: what is repeated is for losses, and
/// for balancers that forgot it with a restart.
constexpr Duration retry_min = std::chrono::milliseconds{500};
constexpr Duration retry_max = std::chrono::seconds{2};

/// Announcements since a farewell began for which answers count; one each check interval at most.
constexpr std::size_t digests_max = 16;

/// A balancer as a farewell sees it.
struct Open {
    bool answers = false;
    bool gone = false;
    Instant give_up_at{};
};

struct Round {
    FarewellTimes times;
    Instant until{};
    std::deque<ListDigest> digests;
    std::map<std::string, Open> open;
    std::optional<Instant> unmet_until{};  ///< While there is nobody to ask.
    std::vector<std::string> acknowledged;
    std::vector<std::string> waited_out;
    std::vector<std::string> unheard;
};

/// When to ask a balancer next, whatever farewells it is for.
struct Asking {
    Instant at{};
    Duration pause = retry_min;
};

}  // namespace

struct Farewell::State {
    State(Instant now, std::string name) : self(std::move(name)), latest(now) {
        SCRIMP_ASSERT(is_plain_name(self));
    }

    void observe(Instant now) {
        SCRIMP_ASSERT(now >= latest);
        latest = now;
    }

    void meet(const std::string& name, bool answers);
    void meet(Round& round, const std::string& name, bool answers);
    void forget(const std::string& name);
    void ask_what_is_due();
    void give_up_what_is_due();
    void tell(FarewellId id, const Round& round);
    void end(FarewellId id);
    void end_those_done();
    [[nodiscard]] bool is_asked(const std::string& name) const;

    std::string self;
    Instant latest;
    struct Gone {
        bool answers = false;
        Instant at{};
    };

    std::map<std::string, bool> balancers;  ///< Whether they answer.
    std::map<std::string, Gone> gone;       ///< Of late.
    std::optional<ListDigest> announced;
    std::map<FarewellId, Round> rounds;
    std::map<std::string, Asking> asking;
    std::uint32_t last_id = 0;
    std::deque<FarewellAction> actions;
};

bool Farewell::State::is_asked(const std::string& name) const {
    return std::ranges::any_of(rounds, [&](const auto& each) {
        const auto found = each.second.open.find(name);
        return found != each.second.open.end() && found->second.answers && !found->second.gone;
    });
}

void Farewell::State::meet(const std::string& name, bool answers) {
    balancers[name] = answers;
    gone.erase(name);
    for (auto& [id, round] : rounds) meet(round, name, answers);
}

void Farewell::State::meet(Round& round, const std::string& name, bool answers) {
    const auto found = round.open.find(name);
    if (found != round.open.end() && !found->second.gone) return;
    const auto is_in = [&](const auto& names) {
        return std::ranges::find(names, name) != names.end();
    };
    if (is_in(round.acknowledged) || is_in(round.waited_out)) return;
    std::erase(round.unheard, name);
    round.unmet_until.reset();
    const Instant given_up = std::min(round.until, latest + round.times.wait);
    round.open[name] = {.answers = answers, .give_up_at = answers ? round.until : given_up};
    if (answers) asking[name] = {.at = latest};
}

void Farewell::State::forget(const std::string& name) {
    const auto known = balancers.extract(name);
    if (!known) return;
    std::erase_if(gone, [this](const auto& each) { return each.second.at + gone_keep <= latest; });
    if (gone.size() >= gone_max) {
        gone.erase(
            std::ranges::min_element(gone, {}, [](const auto& each) { return each.second.at; }));
    }
    gone[name] = {.answers = known.mapped(), .at = latest};
    for (auto& [id, round] : rounds) {
        const auto found = round.open.find(name);
        if (found == round.open.end() || found->second.gone) continue;
        found->second.gone = true;
        found->second.give_up_at = std::min(round.until, latest + round.times.wait);
    }
}

void Farewell::State::ask_what_is_due() {
    std::erase_if(asking, [this](const auto& each) { return !is_asked(each.first); });
    if (!announced) return;
    for (auto& [name, next] : asking) {
        if (next.at > latest) continue;
        actions.emplace_back(AskServing{name, encode_farewell(ServingQuestion{self, *announced})});
        next.at = latest + next.pause;
        next.pause = std::min(next.pause * 2, retry_max);
    }
}

void Farewell::State::give_up_what_is_due() {
    for (auto& [id, round] : rounds) {
        std::vector<std::string> over;
        for (const auto& [name, open] : round.open) {
            if (open.give_up_at <= latest) over.push_back(name);
        }
        for (const std::string& name : over) {
            const Open open = round.open.extract(name).mapped();
            (open.answers || open.gone ? round.unheard : round.waited_out).push_back(name);
        }
        if (!over.empty() && !round.open.empty()) tell(id, round);
    }
    end_those_done();
}

void Farewell::State::tell(FarewellId id, const Round& round) {
    FarewellProgress progress{id, round.acknowledged, {}, {}};
    for (const auto& [name, open] : round.open) {
        (open.answers ? progress.waiting : progress.silent).push_back(name);
    }
    std::ranges::sort(progress.acknowledged);
    actions.emplace_back(std::move(progress));
}

void Farewell::State::end_those_done() {
    std::vector<FarewellId> done;
    for (const auto& [id, round] : rounds) {
        if (round.open.empty() && round.unmet_until.value_or(latest) <= latest) done.push_back(id);
    }
    for (const FarewellId id : done) end(id);
}

void Farewell::State::end(FarewellId id) {
    Round round = rounds.extract(id).mapped();
    for (auto* names : {&round.acknowledged, &round.waited_out, &round.unheard}) {
        std::ranges::sort(*names);
    }
    actions.emplace_back(FarewellEnded{id, std::move(round.acknowledged),
                                       std::move(round.waited_out), std::move(round.unheard),
                                       round.unmet_until.has_value()});
}

Farewell::Farewell(Instant now, std::string self)
    : state_(std::make_unique<State>(now, std::move(self))) {}

Farewell::~Farewell() = default;

void Farewell::handle_event(Instant now, const swim::MemberEvent& event) {
    State& state = *state_;
    state.observe(now);
    const swim::Profile& profile = *event.member.profile;
    const auto announced = decode_metadata(profile.metadata);
    const bool is_here = event.change != swim::Change::Left && event.change != swim::Change::Failed;
    if (is_here && announced && announced->role == Role::LoadBalancer) {
        // Who has a name that no question can hold gets none.
        state.meet(profile.name, announced->acknowledges && is_plain_name(profile.name));
    } else {
        state.forget(profile.name);
    }
    state.ask_what_is_due();
}

void Farewell::handle_blackout(Instant now) {
    State& state = *state_;
    state.observe(now);
    while (!state.balancers.empty()) state.forget(std::string(state.balancers.begin()->first));
}

void Farewell::set_announced(Instant now, const ListDigest& digest) {
    State& state = *state_;
    state.observe(now);
    if (state.announced == digest) return;
    state.announced = digest;
    for (auto& [id, round] : state.rounds) {
        round.digests.push_back(digest);
        if (round.digests.size() > digests_max) round.digests.pop_front();
    }
    for (auto& [name, next] : state.asking) next = {.at = now};
    state.ask_what_is_due();
}

std::optional<FarewellId> Farewell::begin(Instant now, const FarewellTimes& times) {
    State& state = *state_;
    state.observe(now);
    if (state.rounds.size() >= farewells_max) return std::nullopt;
    const FarewellId id{++state.last_id};
    Round& round = state.rounds[id];
    round.times = times;
    round.until = now + times.timeout;
    if (state.announced) round.digests.push_back(*state.announced);
    for (const auto& [name, answers] : state.balancers) {
        round.open[name] = {
            .answers = answers,
            .give_up_at = answers ? round.until : now + std::min(times.wait, times.timeout)};
        if (answers) state.asking[name] = {.at = now};
    }
    const Instant given_up = now + std::min(times.wait, times.timeout);
    for (const auto& [name, gone] : state.gone) {
        if (gone.at + gone_keep <= now) continue;
        round.open[name] = {.answers = gone.answers, .gone = true, .give_up_at = given_up};
    }
    if (round.open.empty() && times.expects_balancers) round.unmet_until = given_up;
    if (!round.open.empty() || round.unmet_until) state.tell(id, round);
    state.ask_what_is_due();
    state.give_up_what_is_due();
    return id;
}

void Farewell::cancel(Instant now, FarewellId id) {
    state_->observe(now);
    state_->rounds.erase(id);
    state_->ask_what_is_due();
}

void Farewell::handle_answer(Instant now, const ServingAnswer& answer) {
    State& state = *state_;
    state.observe(now);
    if (answer.member != state.self) return;
    for (auto& [id, round] : state.rounds) {
        if (std::ranges::find(round.digests, answer.digest) == round.digests.end()) continue;
        if (round.open.erase(answer.balancer) == 0) continue;
        round.acknowledged.push_back(answer.balancer);
        if (!round.open.empty()) state.tell(id, round);
    }
    state.end_those_done();
    state.ask_what_is_due();
}

void Farewell::handle_deadline(Instant now) {
    state_->observe(now);
    state_->give_up_what_is_due();
    state_->ask_what_is_due();
}

std::optional<FarewellAction> Farewell::poll_action() {
    std::deque<FarewellAction>& actions = state_->actions;
    if (actions.empty()) return std::nullopt;
    FarewellAction action = std::move(actions.front());
    actions.pop_front();
    return action;
}

Instant Farewell::next_deadline() const {
    Instant next = never;
    for (const auto& [name, asking] : state_->asking) next = std::min(next, asking.at);
    for (const auto& [id, round] : state_->rounds) {
        for (const auto& [name, open] : round.open) next = std::min(next, open.give_up_at);
        if (round.unmet_until) next = std::min(next, *round.unmet_until);
    }
    return next;
}

}  // namespace scrimp::service
