// How the applications of this backend are, as a Machine: when to check which, what their outcomes
// amount to, and what the operator has said.
//
//   outcomes ─► rise, fall ─► healthy | initial | unhealthy ┐
//   operator's words ───────► maintenance | draining ───────┴─► Condition of each application
//
// What the checks find and what an operator says are kept apart: neither reverts the other, and an
// application comes back from maintenance as its checks have it by then. An application without a
// check is healthy. One that is new is `initial` until a single check has answered well, so a
// newcomer does not wait for `rise`.
//
// Between its checks lies the interval, less up to a tenth by chance, so that a hundred backends do
// not check in step. One in doubt (a failure of a healthy one, a success of an unhealthy one) is
// checked on at once: all the `fall` (or `rise`) checks lie within a tenth of an interval. Then an
// application that refuses is out within 1.1 intervals. One that only hangs would cost one timeout
// after another: so checks of a healthy one that take longer than usual are joined by further ones,
// each with its whole timeout. Twice the usual is waited for once, so it is out within 1.1
// intervals, one timeout and twice its usual (1.5 intervals by default if it usually answers fast).
// Commands are not doubled like that: two at a time may hinder each other.
//
// The price of haste: what is broken for longer than a tenth of an interval may count as down. It
// comes back as fast. Who wants more patience sets a longer interval or more timeout.
//
// A check that could not be made, since our own machine lacks descriptors, say, tells nothing: all
// stays as it was, and the next turn is an interval later.
//
// Beyond running_max checks at a time the others wait, the longest due first.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/machine.h"
#include "base/result.h"
#include "service/check.h"
#include "service/condition.h"

namespace scrimp::service {

/// Each of them is a socket or a process, on a machine that has other things to do. A thousand
/// applications that answer within 50 ms need ten at a time.
inline constexpr std::size_t checks_running_max = 64;

enum class CheckId : std::uint64_t {};

/// Answered by handle_outcome, unless StopCheck comes first.
struct RunCheck {
    CheckId id;
    std::string application;
    Check check;
    friend bool operator==(const RunCheck&, const RunCheck&) = default;
};
/// Its outcome matters no more.
struct StopCheck {
    CheckId id;
    friend bool operator==(const StopCheck&, const StopCheck&) = default;
};
/// conditions() has changed. For the log: `reason` as the last check gave it.
struct ConditionChanged {
    std::string application;
    Condition before;
    Condition now;
    friend bool operator==(const ConditionChanged&, const ConditionChanged&) = default;
};
using HealthAction = std::variant<RunCheck, StopCheck, ConditionChanged>;

/// An application and its check, if it has one.
struct Subject {
    std::string application;
    std::optional<Check> check{};
};

/// How one application is, for people.
struct Checkup {
    std::string application;
    Condition condition;
    Instant since{};                     ///< Of the condition's state.
    std::optional<CheckKind> kind{};     ///< None: nothing checks it.
    std::optional<CheckOutcome> last{};  ///< None: no check has ended yet.
    Duration took{};                     ///< By the last check.
    std::string hindrance{};             ///< Why the latest could not be made; empty: it could.
};

class Health {
  public:
    Health(Instant now, std::uint64_t seed);
    ~Health();

    /// What there is to check, unique names; who is no more in it is forgotten, with what the
    /// operator said of draining it. A check that changed begins anew, on the state of the one
    /// before.
    void set_subjects(Instant now, const std::vector<Subject>& subjects);
    /// Nothing is checked before this.
    void begin(Instant now);
    void handle_outcome(Instant now, CheckId id, const CheckOutcome& outcome);

    /// The operator's words; no name: all applications, those to come included. Printable reasons;
    /// an empty one is told by its code alone. A name is not asked to exist: it may come back.
    void set_maintenance(Instant now, const std::optional<std::string>& application,
                         const std::string& reason);
    /// Without a name: of every one.
    void clear_maintenance(Instant now, const std::optional<std::string>& application);
    void set_draining(Instant now, const std::optional<std::string>& application);
    void clear_draining(Instant now, const std::optional<std::string>& application);

    void handle_deadline(Instant now);
    [[nodiscard]] std::optional<HealthAction> poll_action();
    [[nodiscard]] Instant next_deadline() const;

    /// Those that are not healthy.
    [[nodiscard]] std::map<std::string, Condition> conditions() const;
    /// All, by name.
    [[nodiscard]] std::vector<Checkup> checkups() const;
    /// Whether there are some of whom no check has told anything yet.
    [[nodiscard]] bool any_unknown() const;
    /// By application; the empty name stands for all.
    [[nodiscard]] const std::map<std::string, std::string>& maintenance() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<Health>);

}  // namespace scrimp::service
