#include "proxy/rollout.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "proxy/rollout_world.h"

namespace scrimp::proxy {
namespace {

using namespace rollout_world;

const Steps whole_rollout = {"write " + std::string(candidate),
                             "check " + std::string(candidate) + " for=" + std::string(target),
                             "swap",
                             "reload",
                             "ask 80",
                             "copy to " + std::string(last_good)};
/// What a Rollout does first that finds a target and no last good text.
const std::string keep_found = "copy to " + std::string(last_good);

TEST(Rollout, writes_beside_checks_swaps_reloads_confirms_and_keeps_at_once) {
    Stage stage;
    stage.give(table(7, {"a"}));
    stage.run_for(Duration::zero());
    EXPECT_EQ(stage.world.steps, whole_rollout);
    EXPECT_EQ(
        stage.ended,
        (std::vector<RolloutEnded>{{Verdict::Activated, 7, "of a,", "", "a: new, 0 upstreams"}}));
    EXPECT_EQ(stage.target_text(), text_of({"a"}));
    EXPECT_EQ(stage.world.loaded, text_of({"a"}));
    EXPECT_EQ(stage.world.files[std::string(last_good)], text_of({"a"}));
    EXPECT_EQ(stage.rollout().reloads(), 1u);
    EXPECT_EQ(stage.rollout().next_deadline(), never);
}

TEST(Rollout, skips_a_table_that_renders_to_what_runs) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.give(table(2, {"a"}));
    stage.run_for(seconds{1});
    EXPECT_TRUE(stage.world.steps.empty());
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Unchanged});
    EXPECT_EQ(stage.ended[0].revision, 2u);
}

TEST(Rollout, makes_two_rollouts_of_a_burst) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    for (std::uint64_t i = 0; i < 10; ++i) {
        stage.give(table(2 + i, {std::string(i + 1, 'x')}));
        stage.run_for(milliseconds{50});
    }
    stage.run_for(seconds{5});
    EXPECT_EQ(stage.verdicts(), (Verdicts{Verdict::Activated, Verdict::Activated}));
    EXPECT_EQ(stage.ended[0].revision, 2u);
    EXPECT_EQ(stage.ended[1].revision, 11u);
    EXPECT_EQ(stage.rollout().reloads(), 3u);
}

TEST(Rollout, does_not_wait_for_quiet_longer_than_settle_max) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    const Instant start = stage.now;
    std::uint64_t revision = 2;
    while (stage.ended.size() < 2) {
        stage.give(table(revision, {std::string(revision % 60 + 1, 'x')}));
        ++revision;
        stage.run_for(milliseconds{100});
        ASSERT_LT(stage.now - start, seconds{3});
    }
    EXPECT_LE(stage.now - start, milliseconds{900});
}

TEST(Rollout, waits_longer_for_quiet_where_a_rollout_takes_long) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.give(table(2, {"b"}));
    stage.run_for(Duration::zero(), 2);
    std::uint64_t revision = 3;
    const auto change = [&] {
        stage.give(table(revision, {std::string(revision % 60 + 1, 'x')}));
        ++revision;
    };
    for (int i = 0; i < 40; ++i) {  // It takes four seconds, and changes keep coming.
        stage.now += milliseconds{100};
        change();
    }
    stage.rollout().handle_done(stage.now, std::visit(stage.world, *stage.next_action));
    stage.run_for(Duration::zero());
    ASSERT_EQ(stage.verdicts(), Verdicts{Verdict::Activated});
    const Instant end = stage.now;
    while (stage.ended.size() < 2) {
        stage.run_for(milliseconds{100});
        change();
        ASSERT_LT(stage.now - end, seconds{10});
    }
    EXPECT_GE(stage.now - end, milliseconds{2900});
    EXPECT_LE(stage.now - end, milliseconds{3300});
}

TEST(Rollout, joins_changes_that_come_while_an_action_is_in_flight) {
    Stage stage;
    stage.give(table(1, {"a"}));
    stage.run_for(Duration::zero(), 2);
    stage.give(table(2, {"b"}));
    stage.give(table(3, {"c"}));
    EXPECT_FALSE(stage.rollout().poll_action());
    EXPECT_EQ(stage.rollout().next_deadline(), never);
    stage.rollout().handle_done(stage.now, std::visit(stage.world, *stage.next_action));
    stage.run_for(seconds{2});
    EXPECT_EQ(stage.verdicts(), (Verdicts{Verdict::Activated, Verdict::Activated}));
    EXPECT_EQ(stage.ended[0].revision, 1u);
    EXPECT_EQ(stage.ended[1].revision, 3u);
    EXPECT_EQ(stage.world.loaded, text_of({"c"}));
}

TEST(Rollout, waits_for_new_workers_to_answer) {
    Stage stage;
    stage.world.answers_late = 4;
    stage.give(table(1, {"a"}));
    stage.run_for(seconds{2});
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Activated});
    EXPECT_EQ(std::count(stage.world.steps.begin(), stage.world.steps.end(), "ask 80"), 5);
}

TEST(Rollout, finds_a_target_that_was_swapped_in_but_never_loaded) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.world.files[std::string(target)] = text_of({"b"});
    stage.restart();
    stage.give(table(1, {"b"}));
    stage.run_for(milliseconds{100});
    EXPECT_EQ(stage.world.steps, (Steps{"ask 80", "ask 80", "reload", "ask 80", keep_found}));
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Activated});
    EXPECT_EQ(stage.world.loaded, text_of({"b"}));
}

TEST(Rollout, leaves_a_proxy_in_peace_that_serves_the_target_already) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.restart();
    stage.give(table(1, {"a"}));
    stage.run_for(milliseconds{100});
    EXPECT_EQ(stage.world.steps, Steps{"ask 80"});
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Unchanged});
}

TEST(Rollout, reloads_once_at_the_start_where_the_proxy_cannot_be_asked) {
    Stage stage(config(), silent);
    stage.world.files[std::string(target)] = text_of({"a"});
    stage.restart();
    stage.give(table(1, {"a"}));
    stage.run_for(seconds{1});
    stage.give(table(2, {"a"}));
    stage.run_for(seconds{1});
    EXPECT_EQ(stage.world.steps, (Steps{keep_found, "reload"}));
    EXPECT_EQ(stage.verdicts(), (Verdicts{Verdict::Activated, Verdict::Unchanged}));
}

TEST(Rollout, asks_nobody_when_the_port_of_the_redirect_is_unknown) {
    RolloutConfig without = config();
    without.options.http_port = 0;
    Stage stage(without);
    stage.give(table(1, {"a"}));
    stage.run_for(seconds{1});
    EXPECT_EQ(stage.world.steps,
              (Steps{whole_rollout[0], whole_rollout[1], "swap", "reload", keep_found}));
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Activated});
}

TEST(Rollout, skips_the_steps_whose_commands_are_empty) {
    RolloutConfig without = config();
    without.check_command.clear();
    without.reload_command.clear();
    Stage stage(without);
    stage.give(table(1, {"a"}));
    stage.run_for(seconds{1});
    EXPECT_EQ(stage.world.steps, (Steps{"write " + std::string(candidate), "swap"}));
    stage.restart();
    stage.give(table(1, {"a"}));
    stage.run_for(seconds{1});
    EXPECT_EQ(stage.verdicts(), (Verdicts{Verdict::Activated, Verdict::Unchanged}));
}

TEST(Rollout, prints_each_new_text_once_and_touches_nothing_without_a_target) {
    RolloutConfig printing = config();
    printing.target_path.clear();
    printing.print = true;
    Stage stage(printing);
    stage.give(table(1, {"a"}));
    stage.run_for(seconds{1});
    stage.give(table(2, {"a"}));
    stage.run_for(seconds{1});
    stage.give(table(3, {"b"}));
    stage.run_for(seconds{1});
    EXPECT_EQ(stage.printed, (std::vector<std::string>{text_of({"a"}), text_of({"b"})}));
    EXPECT_EQ(stage.verdicts(),
              (Verdicts{Verdict::Activated, Verdict::Unchanged, Verdict::Activated}));
    EXPECT_TRUE(stage.world.steps.empty());
}

TEST(Rollout, ignores_deadlines_that_are_not) {
    Stage stage;
    stage.give(table(1, {"a"}));
    for (int i = 0; i < 3; ++i) stage.rollout().handle_deadline(stage.now);
    stage.run_for(Duration::zero());
    EXPECT_EQ(stage.world.steps, whole_rollout);
    stage.rollout().handle_deadline(stage.now + seconds{9});
    EXPECT_FALSE(stage.rollout().poll_action());
}

TEST(RolloutDeathTest, takes_no_outcome_of_an_action_it_did_not_ask_for) {
    Stage stage;
    EXPECT_DEATH(stage.rollout().handle_done(stage.now, ""), "not in flight");
}

}  // namespace
}  // namespace scrimp::proxy
