#include "proxy/rollout.h"

#include <algorithm>

#include "base/assert.h"
#include "proxy/rollout_state.h"

namespace scrimp::proxy {
namespace {

/// nginx takes some 30 ms to start new workers; asking is cheap at first and rarer as it lasts.
constexpr Duration confirm_pause_min = std::chrono::milliseconds{20};
constexpr Duration confirm_pause_max = std::chrono::milliseconds{500};

}  // namespace

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::Activated:
            return "activated";
        case Verdict::Unchanged:
            return "unchanged";
        case Verdict::Rejected:
            return "rejected";
        case Verdict::ReloadFailed:
            return "reload failed";
        case Verdict::WriteFailed:
            return "write failed";
    }
    return "unknown";
}

void Rollout::State::reload(Instant now) {
    if (patch) return patch_on();
    if (!config.reload_command.empty()) return reload_proxy(now, Step::Reload);
    served = next_generation;
    ended(now, Verdict::Activated, "");
}

/// The proxy runs what stands in the target.
void Rollout::State::confirmed(Instant now, Verdict verdict) {
    served = next_generation;
    verdict_when_kept = verdict;
    if (good == target) return ended(now, verdict, "");
    copy(Step::KeepGood, config.target_path, last_good);
}

void Rollout::State::confirm_answered(Instant now, const Result<std::string>& answer) {
    if (runs_next(answer)) return confirmed(now, Verdict::Activated);
    if (now < confirm_until) {
        step = Step::ConfirmPause;
        pause_until = std::min(now + pause, confirm_until);
        pause = std::min(2 * pause, confirm_pause_max);
        return;
    }
    if (!answer) {
        complaint = "the reload command succeeded, but nobody answers for the generation: " +
                    answer.error().message;
        return ended(now, Verdict::ReloadFailed, complaint);
    }
    complaint = "the reload command succeeded, but the proxy goes on with another generation, '" +
                one_line(*answer, generation_shown_bytes_max) + "'; its error log tells why";
    guilty = suspects();
    if (guilty.empty() || guilty.size() == routes.size()) return restore(now);
    leave_out();
    roll_what_is_left(now);
}

/// Puts the last good text back, if there is one and it is not there already.
void Rollout::State::restore(Instant now) {
    if (!good || good == target) return ended(now, Verdict::ReloadFailed, complaint);
    copy(Step::CopyOld, last_good, candidate);
}

void Rollout::State::ended(Instant now, Verdict verdict, std::string detail) {
    step = Step::Idle;
    trials = 0;
    searches_given_up = 0;
    std::string().swap(candidates);
    patch.reset();
    const bool well = verdict == Verdict::Activated || verdict == Verdict::Unchanged;
    std::string why;
    if (verdict == Verdict::Activated) {
        why = of_pin ? "pinned" : describe_difference(active_routes, routes);
        if (why.empty() && active_certificates != next_certificates) why = "certificates";
    }
    failure = well ? std::string() : one_line(detail, detail_bytes_max);
    actions.emplace_back(RolloutEnded{verdict, current ? current->revision : 0, next_generation,
                                      one_line(detail, detail_bytes_max), std::move(why)});
    if (well) serves_pinned = of_pin;
    if (well && !of_pin) {
        active = current;
        active_routes = routes;
        active_certificates = next_certificates;
    }
    if (well && left_out.empty()) {
        retry_wait = Duration::zero();
        retry_at = never;
    } else if (retry_at == never) {
        retry_wait = std::clamp(2 * retry_wait, config.retry_min, config.retry_max);
        retry_at = now + retry_wait;
    }
    // Whoever waits next for old workers begins to wait then.
    crowded_since.reset();
    crowd_until = {};
    pace.handle_ended(now, now - begun_at, !pinned && table_removes());
    begin_if_due(now);
}

void Rollout::State::answered_for_kept(Instant now, const Result<std::string>& outcome) {
    if (!outcome || trimmed(*outcome) != kept_generation) {
        return copy(Step::KeepFound, config.target_path, last_good);
    }
    keeps_found = false;
    good = kept_text;
    begin(now);
}

void Rollout::State::checked(Instant now, const Result<std::string>& outcome) {
    if (outcome) {
        remark(*outcome);
        return swap(Step::SwapNew);
    }
    complaint = blamed_line(outcome.error().message);
    if (routes.size() < 2) return refused_whole(now);
    guilty.clear();
    sieve.emplace(routes.size());
    sift(now);
}

void Rollout::State::done(Instant now, const Result<std::string>& outcome) {
    const std::string reason = outcome ? std::string() : outcome.error().message;
    switch (step) {
        case Step::AskFound:
            return answered_for_kept(now, outcome);
        case Step::KeepFound:
            if (!outcome) return ended(now, Verdict::WriteFailed, reason);
            keeps_found = false;
            good = *outcome;
            return begin(now);
        case Step::AskBefore:
            return runs_next(outcome) ? confirmed(now, Verdict::Unchanged) : reload(now);
        case Step::AskServed:
            return answered_for_served(outcome);
        case Step::CountOld:
            return counted(now, outcome);
        case Step::WriteNew:
            if (!outcome) return ended(now, Verdict::WriteFailed, reason);
            if (config.check_command.empty()) return swap(Step::SwapNew);
            return check(Step::Check);
        case Step::Check:
            return checked(now, outcome);
        case Step::WriteTrial:
            if (!outcome) return ended(now, Verdict::WriteFailed, reason);
            return check(Step::CheckTrial);
        case Step::CheckTrial:
            if (const auto found = sieve->handle_verdict(outcome.has_value())) {
                guilty.emplace_back(routes[*found], blamed_line(reason));
            }
            return sift(now);
        case Step::SwapNew:
            if (!outcome) {
                target.reset();  // Renamed or not: only writing it anew makes it known.
                return ended(now, Verdict::WriteFailed, reason);
            }
            target = next_text;
            served.clear();
            return reload(now);
        case Step::Patch:
        case Step::ConfirmPatch:
            return patched(now, outcome);
        case Step::Reload:
            if (!outcome) {
                complaint = reason;
                return can_ask() ? ask(Step::AskAfterFailure) : restore(now);
            }
            ++reloads;
            if (!can_ask()) return confirmed(now, Verdict::Activated);
            confirm_until = now + config.confirm_timeout;
            pause = confirm_pause_min;
            return ask(Step::Confirm);
        case Step::Confirm:
            return confirm_answered(now, outcome);
        case Step::KeepGood:
            if (!outcome) {  // The one before is still there to go back to.
                return ended(now, verdict_when_kept, "not kept as the last good text: " + reason);
            }
            good = *outcome;
            return ended(now, verdict_when_kept, "");
        case Step::AskAfterFailure:
        case Step::CopyOld:
        case Step::SwapOld:
        case Step::ReloadOld:
            return done_restoring(now, outcome, reason);
        case Step::Idle:
        case Step::ConfirmPause:
            SCRIMP_ASSERT(!"an outcome of an action that is not in flight");
    }
}

void Rollout::State::done_restoring(Instant now, const Result<std::string>& outcome,
                                    const std::string& reason) {
    switch (step) {
        case Step::AskAfterFailure:
            if (!outcome) return ended(now, Verdict::ReloadFailed, complaint);
            return runs_next(outcome) ? confirmed(now, Verdict::Activated) : restore(now);
        case Step::CopyOld:
            if (!outcome) {
                return ended(now, Verdict::ReloadFailed, complaint + "; not restored: " + reason);
            }
            good = *outcome;
            return swap(Step::SwapOld);
        case Step::SwapOld:
            if (!outcome) {
                target.reset();
                return ended(now, Verdict::ReloadFailed, complaint + "; not restored: " + reason);
            }
            target = good;
            served.clear();
            return reload_proxy(now, Step::ReloadOld);
        case Step::ReloadOld:
            if (outcome) ++reloads;
            return ended(now, Verdict::ReloadFailed, complaint);
        default:
            SCRIMP_ASSERT(!"a step of a restoration");
    }
}

Rollout::Rollout(const Generator& generator, RolloutConfig config,
                 const std::optional<std::string>& target_text,
                 const std::optional<std::string>& last_good_text)
    : state_(std::make_unique<State>(generator, std::move(config), target_text, last_good_text)) {}

Rollout::~Rollout() = default;

void Rollout::handle_table(Instant now, const service::RoutingTable& table) {
    State& state = *state_;
    state.table = std::make_shared<const service::RoutingTable>(table);
    if (state.pinned) return;
    const bool removes = state.table_removes();
    if (removes && !state.pace.removes()) state.crowd_until = {};
    state.pace.handle_change(now, removes);
    state.begin_if_due(now);
}

void Rollout::handle_certificates(Instant now, std::shared_ptr<const Certificates> certificates) {
    State& state = *state_;
    state.config.options.certificates = std::move(certificates);
    if (state.pinned || !state.table) return;
    state.pace.handle_change(now, false);
    state.begin_if_due(now);
}

void Rollout::handle_pin(Instant now, std::string generation, std::string text) {
    state_->pinned = Pinned{std::move(generation), std::move(text)};
    state_->pace.handle_change(now, false);
    state_->begin_if_due(now);
}

void Rollout::handle_unpin(Instant now) {
    State& state = *state_;
    if (!state.pinned) return;
    state.pinned.reset();
    if (!state.table) {  // There is nothing to try again.
        state.retry_at = never;
        return;
    }
    state.pace.handle_change(now, state.table_removes());
    state.begin_if_due(now);
}

void Rollout::handle_done(Instant now, const Result<std::string>& outcome) {
    state_->done(now, outcome);
}

void Rollout::handle_deadline(Instant now) {
    State& state = *state_;
    if (state.step == Step::ConfirmPause) {
        if (now >= state.pause_until) state.ask(Step::Confirm);
        return;
    }
    state.begin_if_due(now);
}

std::optional<RolloutAction> Rollout::poll_action() {
    auto& actions = state_->actions;
    if (actions.empty()) return std::nullopt;
    RolloutAction action = std::move(actions.front());
    actions.pop_front();
    return action;
}

Instant Rollout::next_deadline() const {
    return state_->next_deadline();
}

std::uint64_t Rollout::reloads() const {
    return state_->reloads;
}

std::uint64_t Rollout::patches() const {
    return state_->patches;
}

}  // namespace scrimp::proxy
