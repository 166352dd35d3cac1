#include "service/health.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "base/assert.h"
#include "base/random.h"

namespace scrimp::service {
namespace {

/// The checks that settle a doubt lie within this part of an interval.
constexpr int settling_part = 10;
/// However short the interval: a failure that a moment explains is asked about a moment later.
constexpr Duration settling_least = std::chrono::milliseconds{20};

struct Running {
    CheckId id;
    Instant since;
};

/// One application and what its checks have found.
struct Watched {
    std::optional<Check> check;
    Condition found;  ///< Healthy, Initial or Unhealthy.
    int successes = 0;
    int failures = 0;
    Instant check_at = never;
    std::vector<Running> running;
    Duration usual{};  ///< How long the last check took that went well.

    Condition told;  ///< What conditions() says.
    Instant since{};
    std::optional<CheckOutcome> last;
    Duration took{};
    std::string hindrance;

    /// From one check to the next while there is doubt.
    [[nodiscard]] Duration pause(int times) const {
        return std::max(settling_least, check->interval / settling_part / std::max(times - 1, 1));
    }
};

std::string with_words(std::string_view code, const std::string& words) {
    std::string reason(code);
    if (!words.empty()) reason += ": " + words;
    if (reason.size() > reason_bytes_max) reason.resize(reason_bytes_max);
    return reason;
}

}  // namespace

struct Health::State {
    State(Instant now, std::uint64_t seed) : latest(now), random(seed) {}

    void observe(Instant now) {
        SCRIMP_ASSERT(now >= latest);
        latest = now;
    }

    void watch(const Subject& subject);
    void forget(const std::string& name);
    void run_what_is_due();
    void run(const std::string& name, Watched& watched);
    void stop_all(Watched& watched);
    void succeed(Watched& watched, Instant since);
    void fail(Watched& watched, const std::string& reason);
    void hinder(Watched& watched, const std::string& reason);
    [[nodiscard]] Condition condition_of(const std::string& name, const Watched& watched) const;
    void tell(const std::string& name, Watched& watched);
    void tell_all();
    [[nodiscard]] Duration next_interval(const Check& check);

    Instant latest;
    Random random;
    bool begun = false;
    std::deque<HealthAction> actions;
    std::map<std::string, Watched> all;
    std::map<CheckId, std::string> runs;
    std::uint64_t last_id = 0;
    std::map<std::string, std::string> maintenance;  ///< Empty name: all of them.
    std::set<std::string> draining;
    bool all_draining = false;
};

void Health::State::watch(const Subject& subject) {
    const auto [place, is_new] = all.try_emplace(subject.application);
    Watched& watched = place->second;
    if (!is_new && watched.check == subject.check) return;
    stop_all(watched);
    watched.check = subject.check;
    watched.successes = 0;
    watched.failures = 0;
    watched.check_at = subject.check ? latest : never;
    watched.usual = Duration::zero();
    watched.hindrance.clear();
    if (!subject.check) {
        watched.found = {};
        watched.last.reset();
    } else if (is_new) {
        watched.found = {Availability::Initial, std::string(reason::initial)};
    }
    if (is_new) {
        watched.told = condition_of(subject.application, watched);
        watched.since = latest;
    }
    tell(subject.application, watched);
}

void Health::State::forget(const std::string& name) {
    const auto found = all.find(name);
    stop_all(found->second);
    all.erase(found);
    draining.erase(name);
}

void Health::State::stop_all(Watched& watched) {
    for (const Running& each : watched.running) {
        runs.erase(each.id);
        actions.emplace_back(StopCheck{each.id});
    }
    watched.running.clear();
}

void Health::State::run_what_is_due() {
    if (!begun) return;
    std::vector<std::pair<Instant, std::string>> due;
    for (const auto& [name, watched] : all) {
        if (watched.check_at <= latest) due.emplace_back(watched.check_at, name);
    }
    std::ranges::sort(due);
    for (const auto& [at, name] : due) {
        if (runs.size() >= checks_running_max) return;
        run(name, all.at(name));
    }
}

void Health::State::run(const std::string& name, Watched& watched) {
    const Check& check = *watched.check;
    const CheckId id{++last_id};
    runs.emplace(id, name);
    watched.running.push_back({id, latest});
    actions.emplace_back(RunCheck{id, name, check});
    // If this one takes longer than it should, it is joined by the next: how long that is only
    // the first is asked, so `usual` is waited for once and not with each.
    const auto under_way = static_cast<int>(watched.running.size());
    const bool joined = watched.found.state == Availability::Healthy &&
                        check.kind != CheckKind::Exec && watched.failures + under_way < check.fall;
    const Duration pause = watched.pause(check.fall);
    const bool is_first = watched.failures + under_way == 1;
    watched.check_at =
        joined ? latest + (is_first ? std::max(pause, 2 * watched.usual) : pause) : never;
}

Duration Health::State::next_interval(const Check& check) {
    return check.interval - random.below(check.interval / 10);
}

void Health::State::succeed(Watched& watched, Instant since) {
    const Check& check = *watched.check;
    // Others under way were begun when this one was, or hang: it has answered for them.
    stop_all(watched);
    watched.failures = 0;
    ++watched.successes;
    watched.usual = latest - since;
    const bool was_initial = watched.found.state == Availability::Initial;
    if (watched.found.state != Availability::Healthy) {
        if (!was_initial && watched.successes < check.rise) {
            watched.check_at = latest + watched.pause(check.rise);
            return;
        }
        watched.found = {};
    }
    watched.check_at = std::max(latest, since + next_interval(check));
}

void Health::State::fail(Watched& watched, const std::string& reason) {
    const Check& check = *watched.check;
    watched.successes = 0;
    ++watched.failures;
    if (watched.found.state != Availability::Unhealthy && watched.failures >= check.fall) {
        watched.found = {Availability::Unhealthy, reason};
        stop_all(watched);
    }
    if (watched.found.state == Availability::Unhealthy) {
        watched.check_at = latest + next_interval(check);
        return;
    }
    // Enough of them may be under way.
    const auto under_way = static_cast<int>(watched.running.size());
    if (watched.failures + under_way >= check.fall) return;
    watched.check_at = std::min(watched.check_at, latest + watched.pause(check.fall));
}

void Health::State::hinder(Watched& watched, const std::string& reason) {
    watched.hindrance = reason;
    // Others that are under way bring about the next turn themselves.
    if (watched.running.empty()) watched.check_at = latest + next_interval(*watched.check);
}

Condition Health::State::condition_of(const std::string& name, const Watched& watched) const {
    for (const std::string& word : {name, std::string()}) {
        const auto said = maintenance.find(word);
        if (said == maintenance.end()) continue;
        return {Availability::Maintenance, with_words(reason::maintenance, said->second)};
    }
    if (all_draining || draining.contains(name)) {
        return {Availability::Draining, std::string(reason::draining)};
    }
    return watched.found;
}

void Health::State::tell(const std::string& name, Watched& watched) {
    const Condition condition = condition_of(name, watched);
    if (condition == watched.told) return;
    if (condition.state != watched.told.state) watched.since = latest;
    actions.emplace_back(ConditionChanged{name, watched.told, condition});
    watched.told = condition;
}

void Health::State::tell_all() {
    for (auto& [name, watched] : all) tell(name, watched);
}

Health::Health(Instant now, std::uint64_t seed) : state_(std::make_unique<State>(now, seed)) {}

Health::~Health() = default;

void Health::set_subjects(Instant now, const std::vector<Subject>& subjects) {
    State& state = *state_;
    state.observe(now);
    std::set<std::string> gone;
    for (const auto& [name, watched] : state.all) gone.insert(name);
    for (const Subject& subject : subjects) gone.erase(subject.application);
    for (const std::string& name : gone) state.forget(name);
    for (const Subject& subject : subjects) state.watch(subject);
    state.run_what_is_due();
}

void Health::begin(Instant now) {
    state_->observe(now);
    state_->begun = true;
    state_->run_what_is_due();
}

void Health::handle_outcome(Instant now, CheckId id, const CheckOutcome& outcome) {
    State& state = *state_;
    state.observe(now);
    const auto run = state.runs.extract(id);
    if (!run) return;
    const std::string& name = run.mapped();
    Watched& watched = state.all.at(name);
    const auto running = std::ranges::find(watched.running, id, &Running::id);
    const Instant since = running->since;
    watched.running.erase(running);
    if (outcome.hindered) {
        state.hinder(watched, outcome.reason);
        return state.run_what_is_due();
    }
    watched.last = outcome;
    watched.took = now - since;
    watched.hindrance.clear();
    if (outcome.well) {
        state.succeed(watched, since);
    } else {
        state.fail(watched, outcome.reason.substr(0, reason_bytes_max));
    }
    state.tell(name, watched);
    state.run_what_is_due();
}

void Health::set_maintenance(Instant now, const std::optional<std::string>& application,
                             const std::string& words) {
    state_->observe(now);
    state_->maintenance[application.value_or("")] = words;
    state_->tell_all();
}

void Health::clear_maintenance(Instant now, const std::optional<std::string>& application) {
    state_->observe(now);
    if (application) {
        state_->maintenance.erase(*application);
    } else {
        state_->maintenance.clear();
    }
    state_->tell_all();
}

void Health::set_draining(Instant now, const std::optional<std::string>& application) {
    state_->observe(now);
    if (application) {
        state_->draining.insert(*application);
    } else {
        state_->all_draining = true;
    }
    state_->tell_all();
}

void Health::clear_draining(Instant now, const std::optional<std::string>& application) {
    state_->observe(now);
    if (application) {
        state_->draining.erase(*application);
    } else {
        state_->draining.clear();
        state_->all_draining = false;
    }
    state_->tell_all();
}

void Health::handle_deadline(Instant now) {
    state_->observe(now);
    state_->run_what_is_due();
}

std::optional<HealthAction> Health::poll_action() {
    std::deque<HealthAction>& actions = state_->actions;
    if (actions.empty()) return std::nullopt;
    HealthAction action = std::move(actions.front());
    actions.pop_front();
    return action;
}

Instant Health::next_deadline() const {
    const State& state = *state_;
    // Whose turn it is while too many are under way is seen when one of those ends.
    if (!state.begun || state.runs.size() >= checks_running_max) return never;
    Instant next = never;
    for (const auto& [name, watched] : state.all) next = std::min(next, watched.check_at);
    return next;
}

std::map<std::string, Condition> Health::conditions() const {
    std::map<std::string, Condition> conditions;
    for (const auto& [name, watched] : state_->all) {
        if (watched.told.state != Availability::Healthy) conditions.emplace(name, watched.told);
    }
    return conditions;
}

std::vector<Checkup> Health::checkups() const {
    std::vector<Checkup> checkups;
    for (const auto& [name, watched] : state_->all) {
        checkups.push_back(
            {.application = name,
             .condition = watched.told,
             .since = watched.since,
             .kind = watched.check ? std::optional(watched.check->kind) : std::nullopt,
             .last = watched.last,
             .took = watched.took,
             .hindrance = watched.hindrance});
    }
    return checkups;
}

bool Health::any_unknown() const {
    return std::ranges::any_of(
        state_->all, [](const auto& each) { return each.second.check && !each.second.last; });
}

const std::map<std::string, std::string>& Health::maintenance() const {
    return state_->maintenance;
}

}  // namespace scrimp::service
