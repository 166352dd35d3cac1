#include "proxy/rollout.h"

#include <algorithm>
#include <deque>
#include <set>

#include "base/assert.h"
#include "proxy/placeholders.h"
#include "proxy/sieve.h"

namespace scrimp::proxy {
namespace {

/// nginx takes some 30 ms to start new workers; asking is cheap at first and rarer as it lasts.
constexpr Duration confirm_pause_min = std::chrono::milliseconds{20};
constexpr Duration confirm_pause_max = std::chrono::milliseconds{500};

/// Of a command's output, what a log line can carry.
constexpr std::size_t detail_bytes_max = 2000;

std::string_view trimmed(std::string_view text) {
    const auto from = text.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

std::string shortened(std::string_view text) {
    return std::string(trimmed(text).substr(0, detail_bytes_max));
}

/// What the action in flight, or the pause, is for.
enum class Step : std::uint8_t {
    Idle,
    AskBefore,  ///< The target is as rendered: does the proxy serve it?
    WriteNew,
    Check,
    WriteTrial,  ///< The check refused: part by part, which application is at fault?
    CheckTrial,
    SwapNew,
    Reload,
    Confirm,
    ConfirmPause,     ///< Nothing in flight; the next question at pause_until.
    AskAfterFailure,  ///< The reload command failed: is there a proxy, and what does it serve?
    WriteOld,
    SwapOld,
    ReloadOld,
};

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

struct Rollout::State {
    State(const Generator& row, RolloutConfig settings, std::optional<std::string> found)
        : generator(row),
          config(std::move(settings)),
          candidate(candidate_path(config.target_path)),
          target_text(std::move(found)),
          good_text(target_text) {}

    // What the world is like, as far as we know.
    const Generator& generator;
    RolloutConfig config;
    std::string candidate;
    std::optional<std::string> target_text;  ///< Stands at target_path; nothing: none or unknown.
    std::optional<std::string> good_text;    ///< What the proxy took last, or what we found.
    std::string served;                      ///< The generation it runs; empty: unknown.
    std::optional<std::string> printed;
    std::uint64_t reloads = 0;

    // What is wanted, and when.
    service::RoutingTable table;
    bool waiting = false;  ///< `table` has not been begun.
    Instant waiting_since{};
    Instant due{};
    std::optional<Instant> changed_at;
    Instant retry_at = never;
    Duration retry_wait{};
    std::set<service::Application> left_out;  ///< Refused by the check, until the next retry.

    // The rollout under way.
    Step step = Step::Idle;
    std::uint64_t revision = 0;
    std::vector<service::Route> routes;  ///< Of the table, without those left out.
    Rendered next;
    std::optional<Sieve> sieve;
    std::vector<std::pair<service::Application, std::string>> guilty;  ///< And why.
    Instant confirm_until{};
    Instant pause_until{};
    Duration pause{};
    std::string complaint;  ///< Why it failed, while we put things right.
    std::deque<RolloutAction> actions;

    [[nodiscard]] bool can_ask() const {
        return generator.serves_generation && config.options.http_port != 0 &&
               !config.reload_command.empty();
    }
    [[nodiscard]] bool runs_next(const Result<std::string>& answer) const {
        return answer && trimmed(*answer) == next.generation;
    }
    void perform(Step now_at, RolloutAction action) {
        step = now_at;
        actions.push_back(std::move(action));
    }
    void ask(Step now_at) { perform(now_at, AskGeneration{config.options.http_port}); }
    void write(Step now_at, const std::string& text) {
        perform(now_at, WriteFile{candidate, text});
    }
    void swap(Step now_at) { perform(now_at, SwapFile{candidate, config.target_path}); }
    void run(Step now_at, const Command& pattern) {
        perform(now_at, RunCommand{fill_placeholders(pattern, candidate, config.target_path),
                                   config.command_timeout});
    }

    void begin_if_due(Instant now);
    void begin(Instant now);
    void sift(Instant now);
    void reload(Instant now);
    void confirm_answered(Instant now, const Result<std::string>& answer);
    void restore(Instant now);
    void activated(Instant now);
    void ended(Instant now, Verdict verdict, std::string detail);
    void done(Instant now, const Result<std::string>& outcome);
};

void Rollout::State::begin_if_due(Instant now) {
    if (step != Step::Idle) return;
    if (waiting && now >= due) {
        // What was wrong with the last table may be right now.
        if (left_out.empty()) retry_wait = Duration::zero();
        begin(now);
    } else if (!waiting && now >= retry_at) {
        left_out.clear();
        begin(now);
    }
}

void Rollout::State::begin(Instant now) {
    waiting = false;
    retry_at = never;
    complaint.clear();
    revision = table.revision;
    routes.clear();
    for (const auto& route : table.routes) {
        if (!left_out.contains(route.application)) routes.push_back(route);
    }
    next = {};
    auto rendered = generator.render({.revision = revision, .routes = routes}, config.options);
    if (!rendered) return ended(now, Verdict::Rejected, rendered.error().message);
    next = *std::move(rendered);
    if (config.print && printed != next.text) {
        printed = next.text;
        actions.emplace_back(PrintText{next.text});
    }
    const bool same = target_text == next.text;
    if (config.target_path.empty()) {
        target_text = next.text;
        return ended(now, same ? Verdict::Unchanged : Verdict::Activated, "");
    }
    if (!same) return write(Step::WriteNew, next.text);
    if (served == next.generation || config.reload_command.empty()) {
        return ended(now, Verdict::Unchanged, "");
    }
    // We may have been killed between swap and reload: the text stands there, does it run?
    if (can_ask()) return ask(Step::AskBefore);
    reload(now);
}

/// Tries the next part of a refused table, or rolls out what is left of it.
void Rollout::State::sift(Instant now) {
    if (!sieve->is_done()) {
        service::RoutingTable part{.revision = revision, .routes = {}};
        for (const std::size_t i : sieve->trial()) part.routes.push_back(routes[i]);
        const auto rendered = generator.render(part, config.options);
        if (!rendered) return ended(now, Verdict::Rejected, rendered.error().message);
        return write(Step::WriteTrial, rendered->text);
    }
    // Nobody is at fault, or everybody: then the fault is hardly theirs, and a page that serves
    // nothing is no improvement on what runs.
    if (guilty.empty() || guilty.size() == routes.size()) {
        return ended(now, Verdict::Rejected, complaint);
    }
    for (const auto& [application, reason] : guilty) {
        left_out.insert(application);
        const std::string detail = "left out application '" + application.name.text() +
                                   "' (listen-port " + std::to_string(application.listen_port) +
                                   "): " + reason;
        actions.emplace_back(
            RolloutEnded{Verdict::Rejected, revision, next.generation, shortened(detail)});
    }
    begin(now);
}

void Rollout::State::reload(Instant now) {
    if (config.reload_command.empty()) return activated(now);
    run(Step::Reload, config.reload_command);
}

void Rollout::State::confirm_answered(Instant now, const Result<std::string>& answer) {
    if (runs_next(answer)) return activated(now);
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
                shortened(*answer).substr(0, 40) + "'; its error log tells why";
    restore(now);
}

/// Puts the last good text back, if there is one and it is not there already.
void Rollout::State::restore(Instant now) {
    if (!good_text || good_text == target_text) {
        return ended(now, Verdict::ReloadFailed, complaint);
    }
    write(Step::WriteOld, *good_text);
}

void Rollout::State::activated(Instant now) {
    served = next.generation;
    good_text = next.text;
    ended(now, Verdict::Activated, "");
}

void Rollout::State::ended(Instant now, Verdict verdict, std::string detail) {
    step = Step::Idle;
    actions.emplace_back(RolloutEnded{verdict, revision, next.generation, shortened(detail)});
    const bool well = verdict == Verdict::Activated || verdict == Verdict::Unchanged;
    if (well && left_out.empty()) {
        retry_wait = Duration::zero();
    } else {
        retry_wait = std::clamp(2 * retry_wait, config.retry_min, config.retry_max);
        retry_at = now + retry_wait;
    }
    begin_if_due(now);
}

void Rollout::State::done(Instant now, const Result<std::string>& outcome) {
    const std::string reason = outcome ? std::string() : outcome.error().message;
    switch (step) {
        case Step::AskBefore:
            if (!runs_next(outcome)) return reload(now);
            served = next.generation;
            good_text = next.text;
            return ended(now, Verdict::Unchanged, "");
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
                guilty.emplace_back(routes[*found].application, reason);
            }
            return sift(now);
        case Step::SwapNew:
            if (!outcome) {
                target_text.reset();  // Renamed or not: only writing it anew makes it known.
                return ended(now, Verdict::WriteFailed, reason);
            }
            target_text = next.text;
            served.clear();
            return reload(now);
        case Step::Reload:
            if (!outcome) {
                complaint = reason;
                return can_ask() ? ask(Step::AskAfterFailure) : restore(now);
            }
            ++reloads;
            if (!can_ask()) return activated(now);
            confirm_until = now + config.confirm_timeout;
            pause = confirm_pause_min;
            return ask(Step::Confirm);
        case Step::Confirm:
            return confirm_answered(now, outcome);
        case Step::AskAfterFailure:
            if (!outcome) return ended(now, Verdict::ReloadFailed, complaint);
            return runs_next(outcome) ? activated(now) : restore(now);
        case Step::WriteOld:
            if (outcome) return swap(Step::SwapOld);
            return ended(now, Verdict::ReloadFailed, complaint + "; not restored: " + reason);
        case Step::SwapOld:
            if (!outcome) {
                target_text.reset();
                return ended(now, Verdict::ReloadFailed, complaint + "; not restored: " + reason);
            }
            target_text = good_text;
            served.clear();
            return run(Step::ReloadOld, config.reload_command);
        case Step::ReloadOld:
            if (outcome) ++reloads;
            return ended(now, Verdict::ReloadFailed, complaint);
        case Step::Idle:
        case Step::ConfirmPause:
            SCRIMP_ASSERT(!"an outcome of an action that is not in flight");
    }
}

Rollout::Rollout(const Generator& generator, RolloutConfig config,
                 std::optional<std::string> target_text)
    : state_(std::make_unique<State>(generator, std::move(config), std::move(target_text))) {}

Rollout::~Rollout() = default;

void Rollout::handle_table(Instant now, const service::RoutingTable& table) {
    State& state = *state_;
    const bool quiet = !state.changed_at || now - *state.changed_at >= state.config.settle_quiet;
    state.changed_at = now;
    state.table = table;
    if (!state.waiting) {
        state.waiting = true;
        state.waiting_since = now;
        state.due = quiet ? now : now + state.config.settle_quiet;
    } else {
        state.due = std::min(now + state.config.settle_quiet,
                             state.waiting_since + state.config.settle_max);
    }
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
