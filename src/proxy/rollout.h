// Carries a routing table into the running proxy, as a Machine:
//
//   settle > render > unchanged? > write beside > check > swap > reload > confirm > keep
//
// The candidate is a dot-file in the target's directory: renamed atomically, and matched by no
// include of `*` or `*.conf`. On any failure the last good text is in place again (and reloaded if
// the failed one had been swapped in), the reason is in RolloutEnded, and the table is tried again
// with back-off. A kill at any moment leaves a whole, checked target: only SwapFile touches it, and
// only with a text that the check accepted or that was there before.
//
// A text that the proxy took is copied to a second dot-file, the last good one, which outlives us:
// after a kill between swap and confirm the text before is still there to go back to. It may also
// be old: the target was replaced by hand meanwhile, or by us without a reload command or with
// another generator. So at the start it is believed only if it is what the proxy serves; else the
// target that we find takes its place. In memory only fingerprints of texts are kept. Cost there:
// one table, two while they differ.
//
// When the check refuses a table, its applications are sifted (sieve.h): those at fault are left
// out, each with a RolloutEnded of its own, and the rest is rolled out. They are tried again with
// back-off. If even an empty table is refused, or every application, the last good text stays. The
// search is bounded, or a peer with a hundred faults would keep everybody's changes waiting: when
// its trials are spent, newcomers that are not decided on stay out until the retry. A newer table
// may be without the fault, so a search is given up for it, but not again and again; and what is
// left of the table at hand is rolled out before a newer one.
//
// When a reload fails there are two cases. The proxy runs and answers with another generation (or
// cannot be asked): it refused the text for a reason the check did not see, a port taken by another
// program say, so newcomers (those on new ports first) are left out and the rest is rolled out, or,
// where nobody is new, the last good text comes back. Nobody answers: there is no proxy to spare,
// the target was checked and is what a proxy should find when it starts, so it stays. Both are
// tried again with back-off, and a table that comes meanwhile takes the place of the failed one.
//
// When a rollout begins is pace.h's to say. One that would reload waits longer while the workers of
// old_generations_max earlier reloads still live: each is a copy of the proxy, and a day of churn
// with connections that never end would fill the machine. What takes an upstream out waits at twice
// that number, and for seconds only.
//
// Where the generator knows a Patch, and the proxy says that it serves what we gave it last, the
// patch takes the place of the reload: after the swap, so that whoever reloads meanwhile gets the
// same. It is confirmed by the generation too, and whatever goes wrong with it ends in the reload
// that would have been. A pinned text is always reloaded.
//
// A text may be pinned: it is rolled out, and tables wait until it is unpinned.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/machine.h"
#include "proxy/generator.h"
#include "proxy/pace.h"
#include "proxy/rollout_view.h"

namespace scrimp::proxy {

struct RolloutConfig {
    RenderOptions options;
    std::string target_path;  ///< Empty: nothing is written and no command is run.
    bool print = false;       ///< Emit PrintText with each new text (generator-stdout).
    Command check_command;
    Command reload_command;
    /// Where the proxy takes changes of servers without a reload; empty: each change is a reload.
    std::string runtime_socket = {};
    PaceConfig pace = {};
    /// nginx -t takes half a second of 5,000 applications; the rest is for a machine under load.
    Duration check_timeout = std::chrono::seconds{30};
    /// It only tells the proxy to reload, and while it hangs nothing else is rolled out.
    Duration reload_timeout = std::chrono::seconds{10};
    Duration confirm_timeout = std::chrono::seconds{10};
    Duration retry_min = std::chrono::seconds{1};
    Duration retry_max = std::chrono::seconds{60};
    /// Of nginx with a thousand applications each is some 25 MB: with the one that runs, a quarter
    /// of a small machine. 0: they are not counted.
    std::uint32_t old_generations_max = 4;
    /// A newcomer waits no longer than this. Whoever bounds the life of old workers to less, as
    /// docs/nginx.md advises, never comes here.
    Duration crowd_longest = std::chrono::minutes{5};
};

struct WriteFile {
    std::string path;
    std::string text;
    friend bool operator==(const WriteFile&, const WriteFile&) = default;
};
struct RunCommand {
    Command argv;  ///< Placeholders replaced.
    Duration timeout;
    friend bool operator==(const RunCommand&, const RunCommand&) = default;
};
/// rename(2) and fsync of the directory.
struct SwapFile {
    std::string from;
    std::string to;
    friend bool operator==(const SwapFile&, const SwapFile&) = default;
};
/// Copies `from` over `to`; the outcome is the fingerprint of what stands there then.
struct CopyFile {
    std::string from;
    std::string to;
    friend bool operator==(const CopyFile&, const CopyFile&) = default;
};
/// GET generation_path from the proxy on loopback; the body is the outcome.
struct AskGeneration {
    std::uint16_t port;
    friend bool operator==(const AskGeneration&, const AskGeneration&) = default;
};
/// Sends a line to the proxy's socket; what it answers, to the end of the connection, is the
/// outcome.
struct AskRuntime {
    std::string socket_path;
    std::string request;
    friend bool operator==(const AskRuntime&, const AskRuntime&) = default;
};
/// How many workers of earlier reloads live; the outcome is as old_workers_text() writes it.
struct CountOldWorkers {
    friend bool operator==(const CountOldWorkers&, const CountOldWorkers&) = default;
};
struct PrintText {
    std::string text;
    friend bool operator==(const PrintText&, const PrintText&) = default;
};
enum class Verdict : std::uint8_t { Activated, Unchanged, Rejected, ReloadFailed, WriteFailed };
[[nodiscard]] std::string_view name_of(Verdict verdict);
struct RolloutEnded {
    Verdict verdict;
    std::uint64_t revision;
    std::string generation;
    std::string detail{};  ///< What the command said, for a person; empty when all is well.
    std::string why{};     ///< What changed in the table, of Activated only.
    friend bool operator==(const RolloutEnded&, const RolloutEnded&) = default;
};

/// One line for a person, said once: what the check had to say of a text that it accepted, or why a
/// table waits.
struct RolloutNotice {
    std::string text;
    friend bool operator==(const RolloutNotice&, const RolloutNotice&) = default;
};

/// All but PrintText, RolloutNotice and RolloutEnded are answered by handle_done; one of them is in
/// flight at a time.
using RolloutAction =
    std::variant<WriteFile, RunCommand, SwapFile, CopyFile, AskGeneration, AskRuntime,
                 CountOldWorkers, PrintText, RolloutNotice, RolloutEnded>;

[[nodiscard]] std::string old_workers_text(const OldWorkers& workers);

class Rollout {
  public:
    /// What stands at target_path and at last_good_path() of it now, nothing where there is no such
    /// file. A target that was swapped in but never loaded (we were killed between) is found out by
    /// asking the proxy for its generation before the first rollout is called unchanged.
    Rollout(const Generator& generator, RolloutConfig config,
            const std::optional<std::string>& target_text,
            const std::optional<std::string>& last_good_text = std::nullopt);
    ~Rollout();

    void handle_table(Instant now, const service::RoutingTable& table);
    /// The same table with these certificates from now on.
    void handle_certificates(Instant now, std::shared_ptr<const Certificates> certificates);
    /// The outcome of the action in flight; a command's output is the value, or in the error.
    void handle_done(Instant now, const Result<std::string>& outcome);
    void handle_deadline(Instant now);
    /// Rolls out this text, a generation of render's, and no table until handle_unpin.
    void handle_pin(Instant now, std::string generation, std::string text);
    /// The latest table is rolled out. Nothing if nothing is pinned.
    void handle_unpin(Instant now);
    [[nodiscard]] std::optional<RolloutAction> poll_action();
    [[nodiscard]] Instant next_deadline() const;

    /// Successful reloads since the start.
    [[nodiscard]] std::uint64_t reloads() const;
    /// Changes since the start that a patch took in, without a reload.
    [[nodiscard]] std::uint64_t patches() const;
    [[nodiscard]] RolloutView view() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<Rollout>);

}  // namespace scrimp::proxy
