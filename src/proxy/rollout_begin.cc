// How a rollout begins, or why it does not yet; and what a Rollout tells of itself.
#include <algorithm>
#include <charconv>

#include "proxy/rollout_state.h"

namespace scrimp::proxy {
namespace {

/// Between two looks at whether old workers have gone.
constexpr Duration crowd_pause = std::chrono::seconds{1};

/// What takes an upstream out waits no longer for old workers: the proxy passes the dead by, but
/// whoever drains a backend is waiting.
constexpr Duration removal_crowd_longest = std::chrono::seconds{10};

/// As old_workers_text() writes it; none if it is no such text.
OldWorkers parse_old_workers(std::string_view text) {
    OldWorkers workers;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, workers.generations);
    if (first.ec != std::errc() || first.ptr == end) return {};
    const auto second = std::from_chars(first.ptr + 1, end, workers.workers);
    return second.ec == std::errc() ? workers : OldWorkers{};
}

std::string_view phase_of(Step step, bool waiting) {
    switch (step) {
        case Step::Idle:
            return waiting ? "waiting" : "idle";
        case Step::AskFound:
        case Step::KeepFound:
        case Step::AskBefore:
        case Step::AskServed:
        case Step::CountOld:
        case Step::WriteNew:
        case Step::Check:
            return "checking";
        case Step::WriteTrial:
        case Step::CheckTrial:
            return "looking for the fault";
        case Step::SwapNew:
        case Step::Patch:
        case Step::Reload:
            return "reloading";
        case Step::Confirm:
        case Step::ConfirmPatch:
        case Step::ConfirmPause:
        case Step::KeepGood:
            return "confirming";
        case Step::AskAfterFailure:
        case Step::CopyOld:
        case Step::SwapOld:
        case Step::ReloadOld:
            return "restoring";
    }
    return "unknown";
}

}  // namespace

std::string old_workers_text(const OldWorkers& workers) {
    return std::to_string(workers.generations) + " " + std::to_string(workers.workers);
}

Instant Rollout::State::next_deadline() const {
    if (step == Step::ConfirmPause) return pause_until;
    if (step != Step::Idle) return never;
    return pace.is_waiting() ? std::max(pace.due(), crowd_until) : retry_at;
}

bool Rollout::State::may_serve_pinned() const {
    return pinned || serves_pinned || (of_pin && step != Step::Idle);
}

/// Whether the latest table takes out somebody who gets traffic now, or will by what is under way.
/// A pinned text may hold anybody.
bool Rollout::State::table_removes() const {
    if (!table) return false;
    const Routes latest = routes_of(*table);
    return may_serve_pinned() || takes_out(active_routes, latest) ||
           (step != Step::Idle && takes_out(routes, latest));
}

void Rollout::State::begin_if_due(Instant now) {
    if (step != Step::Idle) return;
    const bool retry = now >= retry_at;
    if (pace.is_waiting() ? now < std::max(pace.due(), crowd_until) : !retry) return;
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
    pace.handle_begun();
    of_pin = pinned.has_value();
    if (!of_pin && !table) {  // Unpinned before the first table came, which begins anew.
        routes.clear();
        step = Step::Idle;
        return;
    }
    if (!of_pin) current = table;
    roll(now);
}

/// What is left of the table at hand. A later one follows: if it came in between, whoever announces
/// one fault after the other would keep everybody waiting. Who goes back does not wait.
void Rollout::State::roll_what_is_left(Instant now) {
    pinned ? begin(now) : roll(now);
}

void Rollout::State::roll(Instant now) {
    complaint.clear();
    next_generation.clear();
    routes.clear();
    if (!of_pin) {
        for (const auto& route : current->routes) {
            if (!left_out.contains(route.application)) routes.push_back(&route);
        }
    }
    if (keeps_found) return keep_found();
    auto rendered = render_next();
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
    patch = same ? nullptr : plan_patch();
    if (patch) {
        candidates = std::move(rendered->text);
        return ask(Step::AskServed);
    }
    // Who goes back does it because something is wrong now.
    if (!same && wants_count() && !of_pin) {
        candidates = std::move(rendered->text);
        return perform(Step::CountOld, CountOldWorkers{});
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

Result<Rendered> Rollout::State::render_next() {
    if (of_pin) return Rendered{.text = pinned->text, .generation = pinned->generation};
    next_certificates = config.options.certificates;
    return render(routes);
}

/// A part of the current routes.
Result<Rendered> Rollout::State::render(const Routes& part) const {
    if (part.size() == current->routes.size()) return generator.render(*current, config.options);
    service::RoutingTable copied{.revision = current->revision, .routes = {}};
    copied.routes.reserve(part.size());
    for (const service::Route* route : part) copied.routes.push_back(*route);
    return generator.render(copied, config.options);
}

/// Goes on, or waits for old workers to go.
void Rollout::State::counted(Instant now, const Result<std::string>& outcome) {
    // A count that cannot be had is no reason to keep anybody waiting.
    old_workers = outcome ? parse_old_workers(*outcome) : OldWorkers{};
    const bool removes = pace.removes();
    const std::uint32_t most = (removes ? 2 : 1) * config.old_generations_max;
    const Duration longest = removes ? removal_crowd_longest : config.crowd_longest;
    if (old_workers.generations < most || (crowded_since && now - *crowded_since >= longest)) {
        crowded_since.reset();
        return write(Step::WriteNew, std::move(candidates));
    }
    if (!crowded_since) {
        crowded_since = now;
        actions.emplace_back(RolloutNotice{
            "a rollout waits: workers of " + std::to_string(old_workers.generations) +
            " earlier reloads still serve what they had begun, and another reload would be one "
            "more copy of the proxy in memory; worker_shutdown_timeout bounds their lives"});
    }
    crowd_until = now + crowd_pause;
    step = Step::Idle;
    std::string().swap(candidates);
    pace.handle_put_off(now);
}

/// What the check says though it accepts, once: a warning is seen by nobody else.
void Rollout::State::remark(const std::string& said) {
    std::string line = one_line(said, detail_bytes_max);
    std::string kind = line;  // Line numbers differ from table to table.
    std::erase_if(kind, [](char c) { return c >= '0' && c <= '9'; });
    if (std::exchange(remarked, kind) == kind || line.empty()) return;
    actions.emplace_back(RolloutNotice{"the check accepts, and says: " + line});
}

RolloutView Rollout::view() const {
    const State& state = *state_;
    RolloutView view;
    view.phase = phase_of(state.step, state.pace.is_waiting());
    view.generation = state.served;
    view.revision = state.active ? state.active->revision : 0;
    view.latest = state.table ? state.table->revision : 0;
    view.serves_pinned = state.may_serve_pinned();
    view.next = state.next_deadline();
    if (state.pinned) {
        view.pinned = state.pinned->generation;
        view.waits_for = "a pinned generation; unpin to go on";
    } else if (state.crowded_since) {
        view.waits_for = "workers of " + std::to_string(state.old_workers.generations) +
                         " earlier reloads to end";
    } else if (state.pace.is_limited()) {
        view.waits_for = "the rate limit of reloads";
    }
    if (state.table) view.left_out = state.left_out_now();
    view.old_workers = state.old_workers;
    view.reloads = state.reloads;
    view.failure = state.failure;
    return view;
}

}  // namespace scrimp::proxy
