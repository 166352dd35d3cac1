// What a Rollout knows and does: private to rollout*.cc.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "proxy/difference.h"
#include "proxy/fingerprint.h"
#include "proxy/placeholders.h"
#include "proxy/rollout.h"
#include "proxy/sieve.h"

namespace scrimp::proxy {

/// Of what a command says, what a log line can carry.
inline constexpr std::size_t detail_bytes_max = 2000;

/// Of what the proxy answers for its generation.
inline constexpr std::size_t generation_shown_bytes_max = 40;

/// Each run of white space as one space, none at the ends, cut to bytes_max.
std::string one_line(std::string_view text, std::size_t bytes_max);
std::string_view trimmed(std::string_view text);

/// An application to be left out, and why.
using Blame = std::pair<const service::Route*, std::string>;

/// What a log line says of whom a fault belongs to: "application 'a' (listen-port 443) of b1".
[[nodiscard]] std::string named(const service::Route& route);

/// What the action in flight, or the pause, is for.
enum class Step : std::uint8_t {
    Idle,
    AskFound,   ///< Another text was kept than the target that we found: is it served?
    KeepFound,  ///< The target as we found it becomes the last good text.
    AskBefore,  ///< The target is as rendered: does the proxy serve it?
    AskServed,  ///< Before a patch: does the proxy still serve what we know it to?
    CountOld,   ///< Is there room for another generation of workers?
    WriteNew,
    Check,
    WriteTrial,  ///< The check refused: part by part, which application is at fault?
    CheckTrial,
    SwapNew,
    Patch,  ///< Instead of a reload.
    ConfirmPatch,
    Reload,
    Confirm,
    ConfirmPause,     ///< Nothing in flight; the next question at pause_until.
    KeepGood,         ///< The proxy took it.
    AskAfterFailure,  ///< The reload command failed: is there a proxy, and what does it serve?
    CopyOld,
    SwapOld,
    ReloadOld,
};

using Table = std::shared_ptr<const service::RoutingTable>;

/// A text that tables wait behind.
struct Pinned {
    std::string generation;
    std::string text;
};

struct Rollout::State {
    State(const Generator& row, RolloutConfig settings, const std::optional<std::string>& found,
          const std::optional<std::string>& kept)
        : generator(row),
          config(std::move(settings)),
          candidate(candidate_path(config.target_path)),
          last_good(last_good_path(config.target_path)),
          pace(config.pace) {
        if (found) target = fingerprint(*found);
        if (!found || config.reload_command.empty()) return;
        if (kept) kept_text = fingerprint(*kept);
        if (kept_text == target) {
            good = target;
            return;
        }
        keeps_found = true;
        if (kept && can_ask()) kept_generation = generator.generation_in(*kept);
    }

    // What the world is like, as far as we know. Texts are known by their fingerprints.
    const Generator& generator;
    RolloutConfig config;
    std::string candidate;
    std::string last_good;
    std::optional<std::string> target;  ///< Stands at target_path; nothing: none or unknown.
    std::optional<std::string> good;    ///< Stands at last_good; nothing: not ours to go back to.
    bool keeps_found = false;           ///< Whether to keep the target that we found is open.
    std::optional<std::string> kept_text;  ///< Stood at last_good at the start.
    std::string kept_generation;           ///< That it names; empty: nobody can say it is served.
    std::string served;                    ///< The generation the proxy runs; empty: unknown.
    std::optional<std::string> printed;
    Table active;  ///< The last that went well; null: none.
    Routes active_routes;
    std::shared_ptr<const Certificates> active_certificates;
    std::uint64_t reloads = 0;
    std::uint64_t patches = 0;
    std::string patch_complaint;  ///< Why the last patch came to nothing.

    // What is wanted, and when.
    Table table;
    Pace pace;  ///< Waiting: `table`, or what is pinned, has not been begun.
    std::optional<Pinned> pinned;
    Instant begun_at{};
    Instant retry_at = never;
    Duration retry_wait{};
    std::map<service::Application, std::string> left_out;  ///< Until the next retry, and why.
    OldWorkers old_workers;
    std::optional<Instant> crowded_since;  ///< Old workers are in the way of `table`.
    Instant crowd_until{};                 ///< Not counted again before.
    std::string failure;

    // The rollout under way.
    Step step = Step::Idle;
    bool of_pin = false;  ///< What is pinned, and not `current`.
    bool serves_pinned = false;
    Table current;
    Routes routes;  ///< Of `current`, without those left out.
    std::shared_ptr<const Certificates> next_certificates;
    std::string next_generation;
    std::string next_text;         ///< Its fingerprint.
    std::string candidates;        ///< The text to be written, then checked: to quote lines of.
    std::string remarked;          ///< What the check said when it last accepted.
    std::unique_ptr<Patch> patch;  ///< Takes the place of the reload; null: nothing does.
    std::optional<Sieve> sieve;
    std::size_t trials = 0;  ///< Since the last rollout ended.
    std::size_t searches_given_up = 0;
    std::vector<Blame> guilty;
    Instant confirm_until{};
    Instant pause_until{};
    Duration pause{};
    Verdict verdict_when_kept{};
    std::string complaint;  ///< Why it failed, while we put things right.
    std::deque<RolloutAction> actions;

    [[nodiscard]] bool can_ask() const {
        return generator.serves_generation && config.options.http_port != 0 &&
               !config.reload_command.empty();
    }
    [[nodiscard]] bool runs_next(const Result<std::string>& answer) const {
        return answer && trimmed(*answer) == next_generation;
    }
    void perform(Step now_at, RolloutAction action) {
        step = now_at;
        actions.push_back(std::move(action));
    }
    void ask(Step now_at) { perform(now_at, AskGeneration{config.options.http_port}); }
    void write(Step now_at, std::string text) {
        candidates = text;
        perform(now_at, WriteFile{candidate, std::move(text)});
    }
    void copy(Step now_at, const std::string& from, const std::string& to) {
        perform(now_at, CopyFile{from, to});
    }
    void swap(Step now_at) { perform(now_at, SwapFile{candidate, config.target_path}); }
    void check(Step now_at) { run(now_at, config.check_command, config.check_timeout); }
    void reload_proxy(Instant now, Step now_at) {
        pace.handle_reload(now);
        run(now_at, config.reload_command, config.reload_timeout);
    }
    void run(Step now_at, const Command& pattern, Duration timeout) {
        perform(now_at,
                RunCommand{fill_placeholders(pattern, candidate, config.target_path), timeout});
    }

    /// Whether the proxy has a pinned text, or may have.
    [[nodiscard]] bool may_serve_pinned() const;
    [[nodiscard]] bool table_removes() const;
    void begin_if_due(Instant now);
    [[nodiscard]] Instant next_deadline() const;
    [[nodiscard]] bool wants_count() const {
        return generator.counts_old_workers && config.old_generations_max > 0 &&
               !config.reload_command.empty();
    }
    void counted(Instant now, const Result<std::string>& outcome);
    void remark(const std::string& said);
    void refused_whole(Instant now);
    [[nodiscard]] std::string blamed_line(const std::string& reason) const;
    void begin(Instant now);
    void roll(Instant now);
    void roll_what_is_left(Instant now);
    void sift(Instant now);
    [[nodiscard]] Result<Rendered> render(const Routes& part) const;
    [[nodiscard]] Routes newcomers(std::size_t from) const;
    bool out_of_trials();
    [[nodiscard]] std::vector<Blame> suspects() const;
    void leave_out();
    [[nodiscard]] std::vector<LeftOut> left_out_now() const;
    void keep_found();
    [[nodiscard]] Result<Rendered> render_next();
    void reload(Instant now);
    [[nodiscard]] std::unique_ptr<Patch> plan_patch() const;
    void answered_for_served(const Result<std::string>& outcome);
    void patch_on();
    void patched(Instant now, const Result<std::string>& outcome);
    void patch_failed(Instant now, const std::string& reason);
    void confirmed(Instant now, Verdict verdict);
    void confirm_answered(Instant now, const Result<std::string>& answer);
    void restore(Instant now);
    void ended(Instant now, Verdict verdict, std::string detail);
    /// The proxy's word on whether it serves the text that was kept.
    void answered_for_kept(Instant now, const Result<std::string>& outcome);
    void checked(Instant now, const Result<std::string>& outcome);
    void done(Instant now, const Result<std::string>& outcome);
    void done_restoring(Instant now, const Result<std::string>& outcome, const std::string& reason);
};

}  // namespace scrimp::proxy
