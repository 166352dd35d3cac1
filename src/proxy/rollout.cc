#include "proxy/rollout.h"

#include <algorithm>

#include "base/assert.h"
#include "proxy/rollout_state.h"

namespace scrimp::proxy {
namespace {

/// nginx takes some 30 ms to start new workers; asking is cheap at first and rarer as it lasts.
constexpr Duration confirm_pause_min = std::chrono::milliseconds{20};
constexpr Duration confirm_pause_max = std::chrono::milliseconds{500};

/// A new backend may wait so long for traffic, where rollouts are slow, but not longer.
constexpr Duration settle_quiet_longest = std::chrono::seconds{1};
constexpr Duration settle_longest = std::chrono::seconds{3};

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

Duration Rollout::State::settle_quiet() const {
    return std::max(config.settle_quiet, std::min(last_took / 4, settle_quiet_longest));
}

/// Says when the waiting table is due.
void Rollout::State::settle() {
    const Duration longest = std::max(config.settle_max, std::min(last_took, settle_longest));
    due = std::min(*changed_at + settle_quiet(), waiting_since + longest);
}

void Rollout::State::begin_if_due(Instant now) {
    if (step != Step::Idle) return;
    const bool retry = now >= retry_at;
    if (waiting ? now < due : !retry) return;
    if (retry) {
        left_out.clear();
        retry_at = never;
    } else if (left_out.empty()) {
        // What was wrong with the last table may be right now.
        retry_wait = Duration::zero();
        retry_at = never;
    }
    begun_at = now;
    begin(now);
}

void Rollout::State::begin(Instant now) {
    waiting = false;
    complaint.clear();
    current = table;
    routes.clear();
    for (const auto& route : current->routes) {
        if (!left_out.contains(route.application)) routes.push_back(&route);
    }
    next_generation.clear();
    if (keeps_found) return keep_found();
    auto rendered = render(routes);
    if (!rendered) return ended(now, Verdict::Rejected, rendered.error().message);
    next_generation = rendered->generation;
    next_text = fingerprint(rendered->text);
    if (config.print && printed != next_text) {
        printed = next_text;
        actions.emplace_back(PrintText{rendered->text});
    }
    const bool same = target == next_text;
    if (config.target_path.empty()) {
        target = next_text;
        return ended(now, same ? Verdict::Unchanged : Verdict::Activated, "");
    }
    if (!same) return write(Step::WriteNew, std::move(rendered->text));
    if (served == next_generation || config.reload_command.empty()) {
        return ended(now, Verdict::Unchanged, "");
    }
    // We may have been killed between swap and reload: the text stands there, does it run?
    if (can_ask()) return ask(Step::AskBefore);
    reload(now);
}

/// A proxy that serves the text that was kept did not take the target: we were killed before that.
/// In any other case the target is newer, and nothing speaks for the kept one.
void Rollout::State::keep_found() {
    if (!kept_generation.empty()) return ask(Step::AskFound);
    copy(Step::KeepFound, config.target_path, last_good);
}

/// A part of the current routes.
Result<Rendered> Rollout::State::render(const Routes& part) const {
    if (part.size() == current->routes.size()) return generator.render(*current, config.options);
    service::RoutingTable copied{.revision = current->revision, .routes = {}};
    copied.routes.reserve(part.size());
    for (const service::Route* route : part) copied.routes.push_back(*route);
    return generator.render(copied, config.options);
}

void Rollout::State::reload(Instant now) {
    if (!config.reload_command.empty()) return run(Step::Reload, config.reload_command);
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
                one_line(*answer, 40) + "'; its error log tells why";
    guilty = suspects();
    if (guilty.empty() || guilty.size() == routes.size()) return restore(now);
    leave_out();
    begin(now);
}

/// Puts the last good text back, if there is one and it is not there already.
void Rollout::State::restore(Instant now) {
    if (!good || good == target) return ended(now, Verdict::ReloadFailed, complaint);
    copy(Step::CopyOld, last_good, candidate);
}

void Rollout::State::ended(Instant now, Verdict verdict, std::string detail) {
    step = Step::Idle;
    trials = 0;
    actions.emplace_back(RolloutEnded{verdict, current->revision, next_generation,
                                      one_line(detail, detail_bytes_max)});
    const bool well = verdict == Verdict::Activated || verdict == Verdict::Unchanged;
    if (well) {
        active = current;
        active_routes = routes;
    }
    if (well && left_out.empty()) {
        retry_wait = Duration::zero();
        retry_at = never;
    } else if (retry_at == never) {
        retry_wait = std::clamp(2 * retry_wait, config.retry_min, config.retry_max);
        retry_at = now + retry_wait;
    }
    last_took = now - begun_at;
    if (waiting) {
        waiting_since = now;
        settle();
    }
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
        case Step::WriteNew:
            if (!outcome) return ended(now, Verdict::WriteFailed, reason);
            if (config.check_command.empty()) return swap(Step::SwapNew);
            return run(Step::Check, config.check_command);
        case Step::Check:
            if (outcome) return swap(Step::SwapNew);
            if (routes.size() < 2) return ended(now, Verdict::Rejected, reason);
            complaint = reason;
            guilty.clear();
            sieve.emplace(routes.size());
            return sift(now);
        case Step::WriteTrial:
            if (!outcome) return ended(now, Verdict::WriteFailed, reason);
            return run(Step::CheckTrial, config.check_command);
        case Step::CheckTrial:
            if (const auto found = sieve->handle_verdict(outcome.has_value())) {
                guilty.emplace_back(routes[*found]->application, reason);
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
            return run(Step::ReloadOld, config.reload_command);
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
    const bool quiet = !state.changed_at || now - *state.changed_at >= state.settle_quiet();
    state.changed_at = now;
    state.table = std::make_shared<const service::RoutingTable>(table);
    if (!std::exchange(state.waiting, true)) state.waiting_since = now;
    state.settle();
    if (quiet && state.waiting_since == now) state.due = now;
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
    const State& state = *state_;
    if (state.step == Step::ConfirmPause) return state.pause_until;
    if (state.step != Step::Idle) return never;
    return state.waiting ? state.due : state.retry_at;
}

std::uint64_t Rollout::reloads() const {
    return state_->reloads;
}

}  // namespace scrimp::proxy
