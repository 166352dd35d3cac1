#include "service/health.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace scrimp::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const CheckOutcome well{.well = true};
const CheckOutcome refused{.well = false, .reason = std::string(reason::refused)};

/// A backend whose applications answer as told, in virtual time.
struct Place {
    struct Answer {
        CheckOutcome outcome = well;
        Duration after = milliseconds{1};  ///< `never_answers`: the timeout.
    };
    static constexpr Duration never_answers = seconds{3600};

    Instant now{};
    Health health{Instant{}, 1};
    std::map<std::string, Answer> answers;
    std::map<std::pair<Instant, CheckId>, CheckOutcome> under_way;
    std::vector<std::pair<Instant, ConditionChanged>> changes;
    std::vector<Instant> started;
    std::size_t most_at_once = 0;

    void take_actions() {
        while (const auto action = health.poll_action()) {
            if (const auto* run = std::get_if<RunCheck>(&*action)) {
                started.push_back(now);
                const Answer& answer = answers[run->application];
                const bool in_time = answer.after <= run->check.timeout;
                under_way[{now + std::min(answer.after, run->check.timeout), run->id}] =
                    in_time ? answer.outcome
                            : CheckOutcome{.well = false, .reason = std::string(reason::timeout)};
            } else if (const auto* stop = std::get_if<StopCheck>(&*action)) {
                std::erase_if(under_way, [&](const auto& e) { return e.first.second == stop->id; });
            } else {
                changes.emplace_back(now, std::get<ConditionChanged>(*action));
            }
        }
        most_at_once = std::max(most_at_once, under_way.size());
    }

    void run_for(Duration duration) {
        const Instant end = now + duration;
        take_actions();
        while (true) {
            const Instant outcome_at = under_way.empty() ? never : under_way.begin()->first.first;
            const Instant next = std::min(outcome_at, std::max(now, health.next_deadline()));
            if (next > end) break;
            now = next;
            if (outcome_at == next) {
                const auto ended = under_way.extract(under_way.begin());
                health.handle_outcome(now, ended.key().second, ended.mapped());
            } else {
                health.handle_deadline(now);
            }
            take_actions();
        }
        now = end;
    }

    [[nodiscard]] Availability state(const std::string& name = "shop") const {
        const auto conditions = health.conditions();
        const auto found = conditions.find(name);
        return found == conditions.end() ? Availability::Healthy : found->second.state;
    }
};

struct OneChecked : testing::Test, Place {
    OneChecked() {
        health.set_subjects(now, {{"shop", Check{.port = 8080}}});
        health.begin(now);
    }

    /// From break to out, at most, over fifty phases of the interval.
    Duration longest_until_out(const Answer& before, const Answer& after, std::string_view why) {
        Duration longest{};
        for (int round = 0; round < 50; ++round) {
            answers["shop"] = before;
            run_for(seconds{20} + milliseconds{137 * round});
            EXPECT_EQ(state(), Availability::Healthy);
            answers["shop"] = after;
            const Instant broken = now;
            run_for(seconds{20});
            EXPECT_EQ(state(), Availability::Unhealthy);
            EXPECT_EQ(changes.back().second.now.reason, why);
            longest = std::max(longest, changes.back().first - broken);
        }
        return longest;
    }
};

TEST_F(OneChecked, is_initial_until_a_single_check_went_well) {
    EXPECT_EQ(state(), Availability::Initial);
    EXPECT_TRUE(health.any_unknown());
    run_for(milliseconds{10});
    EXPECT_EQ(state(), Availability::Healthy);
    EXPECT_FALSE(health.any_unknown());
    EXPECT_TRUE(health.conditions().empty());
}

TEST_F(OneChecked, is_asked_once_an_interval_and_not_in_step) {
    run_for(seconds{500});
    EXPECT_GE(started.size(), 100U);
    EXPECT_LE(started.size(), 112U);
    std::set<Duration> gaps;
    for (std::size_t i = 1; i < started.size(); ++i) gaps.insert(started[i] - started[i - 1]);
    EXPECT_GT(gaps.size(), 50U);
}

TEST_F(OneChecked, is_out_within_an_interval_and_a_tenth_when_it_refuses) {
    EXPECT_LE(longest_until_out({}, {.outcome = refused}, reason::refused), milliseconds{5510});
}

TEST_F(OneChecked, is_out_within_one_and_a_half_intervals_when_it_hangs) {
    EXPECT_LE(longest_until_out({}, {.after = never_answers}, reason::timeout), milliseconds{7510});
}

TEST_F(OneChecked, that_usually_is_slow_and_hangs_is_out_later_by_twice_its_usual) {
    // One interval, twice the usual, a pause, and a timeout.
    EXPECT_LE(
        longest_until_out({.after = milliseconds{700}}, {.after = never_answers}, reason::timeout),
        milliseconds{5000 + 1400 + 250 + 2000});
}

TEST_F(OneChecked, is_back_as_fast_as_it_was_out) {
    answers["shop"].outcome = refused;
    run_for(seconds{30});
    ASSERT_EQ(state(), Availability::Unhealthy);
    answers["shop"].outcome = well;
    const Instant mended = now;
    run_for(seconds{30});
    ASSERT_EQ(state(), Availability::Healthy);
    EXPECT_LE(changes.back().first - mended, milliseconds{5510});
}

TEST_F(OneChecked, survives_fewer_failures_than_fall) {
    run_for(seconds{20});
    const std::size_t before = changes.size();
    for (int round = 0; round < 20; ++round) {
        answers["shop"].outcome = refused;
        const std::size_t had = started.size();
        while (started.size() < had + 2) run_for(milliseconds{10});
        run_for(milliseconds{10});
        answers["shop"].outcome = well;
        run_for(seconds{7});
    }
    EXPECT_EQ(changes.size(), before);
}

TEST_F(OneChecked, that_is_slow_is_not_asked_twice_at_a_time_for_long) {
    answers["shop"].after = milliseconds{700};
    run_for(seconds{100});
    EXPECT_EQ(state(), Availability::Healthy);
    EXPECT_LE(most_at_once, 3U);
    started.clear();
    run_for(seconds{100});
    EXPECT_LE(started.size(), 25U);
}

TEST_F(OneChecked, keeps_the_reason_it_went_out_with_while_others_follow) {
    run_for(seconds{20});
    answers["shop"].outcome = refused;
    run_for(seconds{20});
    const std::size_t told = changes.size();
    answers["shop"].outcome.reason = "Target.ResponseCodeMismatch: 502";
    run_for(seconds{60});
    EXPECT_EQ(changes.size(), told);
    EXPECT_EQ(health.checkups().front().last->reason, "Target.ResponseCodeMismatch: 502");
}

TEST_F(OneChecked, that_hangs_from_the_beginning_becomes_unhealthy) {
    answers["shop"].after = never_answers;
    health.set_subjects(now, {});
    health.set_subjects(now, {{"shop", Check{.port = 8080}}});
    EXPECT_EQ(state(), Availability::Initial);
    run_for(seconds{10});
    EXPECT_EQ(state(), Availability::Unhealthy);
}

TEST_F(OneChecked, begins_a_changed_check_on_the_state_of_the_one_before) {
    run_for(seconds{20});
    const std::size_t told = changes.size();
    health.set_subjects(now, {{"shop", Check{.port = 8081}}});
    EXPECT_EQ(state(), Availability::Healthy);
    const std::size_t had = started.size();
    run_for(milliseconds{5});
    EXPECT_EQ(started.size(), had + 1);
    EXPECT_EQ(changes.size(), told);
    health.set_subjects(now, {{"shop"}});
    run_for(seconds{60});
    EXPECT_EQ(started.size(), had + 1);
    EXPECT_EQ(state(), Availability::Healthy);
}

TEST_F(OneChecked, ignores_outcomes_of_checks_that_were_stopped) {
    take_actions();
    const CheckId first = under_way.begin()->first.second;
    health.set_subjects(now, {{"shop", Check{.port = 8081}}});
    health.handle_outcome(now, first, well);
    EXPECT_EQ(state(), Availability::Initial);
}

TEST_F(OneChecked, stays_as_it_was_while_checks_cannot_be_made) {
    const CheckOutcome hindered{.reason = "Too many open files", .hindered = true};
    run_for(seconds{20});
    answers["shop"].outcome = hindered;
    const std::size_t had = started.size();
    run_for(seconds{60});
    EXPECT_EQ(state(), Availability::Healthy);
    EXPECT_EQ(health.checkups().front().hindrance, "Too many open files");
    EXPECT_GE(started.size() - had, 11U);
    EXPECT_LE(started.size() - had, 14U) << "the next turn is not sooner than otherwise";
    answers["shop"].outcome = refused;
    run_for(seconds{10});
    EXPECT_EQ(state(), Availability::Unhealthy);
    EXPECT_EQ(health.checkups().front().hindrance, "");
    answers["shop"].outcome = hindered;
    run_for(seconds{60});
    EXPECT_EQ(state(), Availability::Unhealthy);
}

TEST_F(OneChecked, is_unknown_until_a_check_could_be_made) {
    answers["shop"].outcome = {.reason = "Too many open files", .hindered = true};
    run_for(seconds{20});
    EXPECT_EQ(state(), Availability::Initial);
    EXPECT_TRUE(health.any_unknown());
}

TEST_F(OneChecked, is_in_maintenance_whatever_its_checks_find_and_as_they_have_it_afterwards) {
    run_for(seconds{20});
    health.set_maintenance(now, "shop", "new disk");
    EXPECT_EQ(state(), Availability::Maintenance);
    EXPECT_EQ(health.conditions().at("shop").reason, "Target.Maintenance: new disk");
    answers["shop"].outcome = refused;
    run_for(seconds{20});
    EXPECT_EQ(state(), Availability::Maintenance);
    health.clear_maintenance(now, std::nullopt);
    EXPECT_EQ(state(), Availability::Unhealthy);
}

TEST_F(OneChecked, drains_until_it_is_told_otherwise) {
    run_for(seconds{20});
    health.set_draining(now, std::nullopt);
    EXPECT_EQ(state(), Availability::Draining);
    run_for(seconds{20});
    EXPECT_EQ(state(), Availability::Draining);
    health.clear_draining(now, std::nullopt);
    EXPECT_EQ(state(), Availability::Healthy);
}

TEST(Health, takes_out_who_comes_while_everything_is_in_maintenance) {
    Place place;
    place.health.set_maintenance(place.now, std::nullopt, "");
    place.health.set_subjects(place.now, {{"blog"}});
    EXPECT_EQ(place.state("blog"), Availability::Maintenance);
    EXPECT_EQ(place.health.conditions().at("blog").reason, reason::maintenance);
    place.health.set_maintenance(place.now, "blog", "its own");
    EXPECT_EQ(place.health.conditions().at("blog").reason, "Target.Maintenance: its own");
    place.health.clear_maintenance(place.now, "blog");
    EXPECT_EQ(place.state("blog"), Availability::Maintenance);
}

TEST(Health, checks_nothing_before_it_begins_and_never_who_has_no_check) {
    Place place;
    place.health.set_subjects(place.now, {{"blog"}, {"shop", Check{.port = 1}}});
    place.run_for(seconds{20});
    EXPECT_TRUE(place.started.empty());
    EXPECT_EQ(place.state("blog"), Availability::Healthy);
    place.health.begin(place.now);
    place.run_for(milliseconds{10});
    EXPECT_EQ(place.started.size(), 1U);
}

TEST(Health, runs_a_bounded_number_of_checks_and_gets_through_all) {
    Place place;
    std::vector<Subject> subjects;
    for (int i = 0; i < 1000; ++i) {
        const std::string name = "a" + std::to_string(i);
        subjects.push_back({name, Check{.port = 1}});
        place.answers[name].after = milliseconds{50};
    }
    place.health.set_subjects(place.now, subjects);
    place.health.begin(place.now);
    place.run_for(seconds{3});
    EXPECT_LE(place.most_at_once, checks_running_max);
    EXPECT_TRUE(place.health.conditions().empty());
}

TEST(Health, does_not_double_commands) {
    Place place;
    place.answers["shop"].after = seconds{1};
    place.health.set_subjects(place.now,
                              {{"shop", Check{.kind = CheckKind::Exec, .command = {"look"}}}});
    place.health.begin(place.now);
    place.run_for(seconds{60});
    EXPECT_EQ(place.most_at_once, 1U);
    place.answers["shop"].after = Place::never_answers;
    place.run_for(seconds{60});
    EXPECT_EQ(place.most_at_once, 1U);
    EXPECT_EQ(place.state(), Availability::Unhealthy);
}

}  // namespace
}  // namespace scrimp::service
