#include "proxy/rollout.h"

#include <gtest/gtest.h>

#include "proxy/rollout_world.h"

namespace scrimp::proxy {
namespace {

using namespace rollout_world;

TEST(Rollout, leaves_the_target_alone_when_the_check_refuses) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.give(with_upstreams(table(2, {"bad"}), {4}));
    stage.run_for(milliseconds{100});
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Rejected});
    EXPECT_EQ(stage.ended[0].detail,
              "application 'bad' (listen-port 443) of b4: bad is unknown in line 1");
    EXPECT_EQ(stage.target_text(), text_of({"a"}));
    EXPECT_EQ(stage.world.files[std::string(candidate)], text_of({"bad"}));
    EXPECT_EQ(stage.world.loaded, text_of({"a"}));
}

TEST(Rollout, tries_a_refused_table_again_ever_more_rarely) {
    Stage stage;
    stage.give(table(1, {"bad"}));
    stage.run_for(seconds{190});
    // At 0, 1, 3, 7, 15, 31, 63, 123 and 183 s.
    EXPECT_EQ(stage.ended.size(), 9u);
    EXPECT_EQ(stage.world.loaded, "");
}

TEST(Rollout, puts_a_new_table_in_the_place_of_a_failed_one_at_once) {
    Stage stage;
    stage.give(table(1, {"bad"}));
    stage.run_for(seconds{40});
    const std::size_t failures = stage.ended.size();
    stage.give(table(2, {"a"}));
    stage.run_for(Duration::zero());
    ASSERT_EQ(stage.ended.size(), failures + 1);
    EXPECT_EQ(stage.ended.back().verdict, Verdict::Activated);
    stage.run_for(seconds{300});
    EXPECT_EQ(stage.ended.size(), failures + 1);
}

TEST(Rollout, leaves_out_the_application_at_fault_and_serves_the_rest) {
    Stage stage;
    stage.settle_on(table(1, {"a", "b"}));
    stage.give(with_upstreams(table(2, {"a", "b", "bad", "c", "d"}), {1, 2}));
    stage.run_for(milliseconds{500});
    EXPECT_EQ(stage.verdicts(), (Verdicts{Verdict::Rejected, Verdict::Activated}));
    EXPECT_EQ(stage.ended[0].detail,
              "left out application 'bad' (listen-port 443) of b1, b2: bad is unknown in line 1");
    EXPECT_EQ(stage.world.loaded, text_of({"a", "b", "c", "d"}));
    // The next table leaves it out at once.
    stage.world.steps.clear();
    stage.give(table(3, {"a", "bad"}));
    stage.run_for(milliseconds{300});
    EXPECT_EQ(stage.world.loaded, text_of({"a"}));
    EXPECT_EQ(stage.world.steps.size(), 6u);
}

TEST(Rollout, lets_an_application_back_in_when_the_check_accepts_it_and_reloads_only_then) {
    Stage stage;
    stage.give(table(1, {"a", "bad"}));
    stage.run_for(seconds{100});
    // Tried at 0, 1, 3, 7, 15, 31, 63 s: each says who is left out.
    EXPECT_EQ(stage.ended.size(), 2u * 7u);
    EXPECT_EQ(stage.rollout().reloads(), 1u);
    stage.world.anything_goes = true;
    stage.run_for(seconds{100});
    EXPECT_EQ(stage.world.loaded, text_of({"a", "bad"}));
    EXPECT_EQ(stage.rollout().next_deadline(), never);
}

TEST(Rollout, blames_no_application_when_even_an_empty_table_is_refused) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.world.nothing_goes = true;
    stage.give(table(2, {"a", "b", "c"}));
    stage.run_for(milliseconds{500});
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Rejected});
    EXPECT_EQ(stage.ended[0].detail, "the certificate is missing");
    EXPECT_EQ(stage.target_text(), text_of({"a"}));
}

TEST(Rollout, keeps_the_last_good_text_rather_than_leave_out_everything) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.give(table(2, {"bad1", "bad2"}));
    stage.run_for(milliseconds{500});
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Rejected});
    EXPECT_EQ(stage.target_text(), text_of({"a"}));
}

TEST(Rollout, takes_a_newer_table_that_came_while_it_looked_for_the_fault) {
    Stage stage;
    stage.give(table(1, {"a", "bad"}));
    stage.run_for(Duration::zero(), 4);
    stage.give(table(2, {"b", "bad"}));
    stage.rollout().handle_done(stage.now, std::visit(stage.world, *stage.next_action));
    stage.run_for(milliseconds{500});
    EXPECT_EQ(stage.world.loaded, text_of({"b"}));
    EXPECT_EQ(stage.ended.back().revision, 2u);
}

TEST(Rollout, reports_what_cannot_be_rendered) {
    RolloutConfig unspeakable = config();
    unspeakable.options.tls_key_path = "unspeakable";
    Stage stage(unspeakable);
    stage.give(table(1, {"a"}));
    stage.run_for(Duration::zero());
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Rejected});
    EXPECT_EQ(stage.ended[0].detail, "the key's path cannot be spelt");
    EXPECT_TRUE(stage.world.steps.empty());
}

TEST(Rollout, leaves_out_newcomers_when_the_proxy_goes_on_with_the_old) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.give(table(2, {"a", "stuck"}));
    stage.run_for(seconds{11});
    EXPECT_EQ(stage.verdicts(), (Verdicts{Verdict::Rejected, Verdict::Activated}));
    EXPECT_EQ(stage.target_text(), text_of({"a"}));
}

TEST(Rollout, restores_the_last_good_text_when_the_proxy_goes_on_with_the_old) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.give(table(2, {"stuck"}));
    stage.run_for(seconds{11});
    ASSERT_FALSE(stage.ended.empty());
    EXPECT_EQ(stage.ended[0].verdict, Verdict::ReloadFailed);
    EXPECT_NE(stage.ended[0].detail.find("'of a,'"), std::string::npos);
    EXPECT_EQ(stage.target_text(), text_of({"a"}));
    EXPECT_EQ(stage.world.loaded, text_of({"a"}));
    stage.give(table(3, {"b"}));
    stage.run_for(seconds{30});
    EXPECT_EQ(stage.ended.back().verdict, Verdict::Activated);
    EXPECT_EQ(stage.world.loaded, text_of({"b"}));
}

TEST(Rollout, restores_the_last_good_text_when_the_reload_command_fails_under_a_running_proxy) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.world.reload_command_fails = true;
    stage.give(table(2, {"b"}));
    stage.run_for(milliseconds{500});
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::ReloadFailed});
    EXPECT_EQ(stage.ended[0].detail, "the unit is masked");
    EXPECT_EQ(stage.target_text(), text_of({"a"}));
    stage.world.reload_command_fails = false;
    stage.run_for(seconds{2});
    EXPECT_EQ(stage.ended.back().verdict, Verdict::Activated);
    EXPECT_EQ(stage.world.loaded, text_of({"b"}));
}

TEST(Rollout, keeps_a_checked_target_for_a_proxy_that_does_not_run) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.world.running = false;
    stage.give(table(2, {"b"}));
    stage.run_for(milliseconds{500});
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::ReloadFailed});
    EXPECT_EQ(stage.ended[0].detail, "the unit is not active");
    EXPECT_EQ(stage.target_text(), text_of({"b"}));
    // Somebody starts it; it reads the target.
    stage.world.running = true;
    stage.world.loaded = stage.target_text();
    stage.run_for(seconds{2});
    EXPECT_EQ(stage.ended.back().verdict, Verdict::Unchanged);
}

TEST(Rollout, does_not_take_a_text_for_served_that_was_put_back_while_the_proxy_was_down) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.world.running = false;
    stage.give(table(2, {"b"}));
    stage.run_for(milliseconds{500});
    stage.world.loaded = text_of({"b"});
    stage.give(table(3, {"a"}));
    stage.run_for(milliseconds{500});
    stage.world.running = true;
    stage.run_for(seconds{5});
    EXPECT_EQ(stage.world.loaded, text_of({"a"}));
    EXPECT_EQ(stage.ended.back().verdict, Verdict::Activated);
}

TEST(Rollout, restores_the_text_before_when_it_was_killed_before_it_could_confirm) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.give(table(2, {"stuck"}));
    stage.run_for(Duration::zero(), 4);  // Written, checked, swapped, reloaded.
    ASSERT_EQ(stage.target_text(), text_of({"stuck"}));
    stage.restart();
    stage.give(table(1, {"stuck"}));
    stage.run_for(seconds{11});
    EXPECT_EQ(stage.ended.back().verdict, Verdict::ReloadFailed);
    EXPECT_EQ(stage.target_text(), text_of({"a"}));
    EXPECT_EQ(stage.world.loaded, text_of({"a"}));
}

TEST(Rollout, takes_the_target_it_finds_for_good_where_nothing_was_kept) {
    Stage stage;
    stage.world.files[std::string(target)] = text_of({"by hand"});
    stage.world.loaded = text_of({"by hand"});
    stage.restart();
    stage.give(table(1, {"stuck"}));
    stage.run_for(seconds{11});
    EXPECT_EQ(stage.target_text(), text_of({"by hand"}));
}

/// What was kept long ago is "old", the target is not it, and the proxy serves `loaded`.
void find_something_else(Stage& stage, std::string target_found, std::string loaded) {
    stage.world.files[std::string(last_good)] = text_of({"old"});
    stage.world.files[std::string(target)] = std::move(target_found);
    stage.world.loaded = std::move(loaded);
    stage.restart();
    stage.give(table(1, {"stuck"}));
    stage.run_for(seconds{11});
}

TEST(Rollout, goes_back_to_the_target_it_finds_where_the_proxy_serves_it) {
    // Long without a reload command: what was kept was never renewed.
    Stage stage;
    find_something_else(stage, text_of({"new"}), text_of({"new"}));
    EXPECT_EQ(stage.world.text_at(target), text_of({"new"}));
    EXPECT_EQ(stage.world.text_at(last_good), text_of({"new"}));
}

TEST(Rollout, goes_back_to_a_target_that_was_replaced_by_hand) {
    Stage stage;
    find_something_else(stage, "by hand", "of others");
    EXPECT_EQ(stage.world.text_at(target), "by hand");
}

TEST(Rollout, takes_the_target_it_finds_for_good_where_the_proxy_cannot_be_asked) {
    Stage stage(config(), silent);
    stage.world.files[std::string(last_good)] = text_of({"old"});
    stage.world.files[std::string(target)] = text_of({"of another generator"});
    stage.restart();
    stage.world.reload_command_fails = true;
    stage.give(table(1, {"a"}));
    stage.run_for(milliseconds{500});
    EXPECT_EQ(stage.target_text(), text_of({"of another generator"}));
}

TEST(Rollout, takes_the_target_it_finds_for_good_where_no_proxy_runs) {
    Stage stage;
    stage.world.files[std::string(last_good)] = text_of({"old"});
    stage.world.files[std::string(target)] = text_of({"new"});
    stage.world.running = false;
    stage.restart();
    stage.give(table(1, {"a"}));
    stage.run_for(milliseconds{500});
    EXPECT_EQ(stage.world.text_at(last_good), text_of({"new"}));
}

TEST(Rollout, goes_back_to_what_was_kept_if_the_target_it_finds_was_never_served) {
    Stage stage;
    find_something_else(stage, text_of({"new"}), text_of({"old"}));
    EXPECT_EQ(stage.world.text_at(target), text_of({"old"}));
    EXPECT_EQ(stage.world.text_at(last_good), text_of({"old"}));
}

TEST(Rollout, does_not_go_back_to_what_was_kept_long_ago_for_a_target_that_was_removed) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.world.files.erase(std::string(target));
    stage.restart();
    stage.give(table(2, {"stuck"}));
    stage.run_for(seconds{11});
    EXPECT_EQ(stage.target_text(), text_of({"stuck"}));
}

TEST(Rollout, says_that_a_good_text_could_not_be_kept_and_goes_back_to_the_one_before) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.give(table(2, {"b"}));
    stage.run_for(Duration::zero(), 5);  // Up to the confirmation.
    stage.world.disk_full = true;
    stage.rollout().handle_done(stage.now, std::visit(stage.world, *stage.next_action));
    stage.run_for(Duration::zero());
    ASSERT_EQ(stage.verdicts(), Verdicts{Verdict::Activated});
    EXPECT_EQ(stage.ended[0].detail, "not kept as the last good text: no space left");
    stage.world.disk_full = false;
    stage.give(table(3, {"stuck"}));
    stage.run_for(seconds{11});
    EXPECT_EQ(stage.target_text(), text_of({"a"}));
}

TEST(Rollout, has_nothing_to_restore_when_the_first_text_of_all_is_not_taken) {
    Stage stage;
    stage.world.loaded = text_of({"elsewhere"});
    stage.give(table(1, {"stuck"}));
    stage.run_for(seconds{11});
    EXPECT_EQ(stage.ended[0].verdict, Verdict::ReloadFailed);
    EXPECT_EQ(stage.target_text(), text_of({"stuck"}));
}

TEST(Rollout, restores_without_asking_where_the_proxy_cannot_be_asked) {
    Stage stage(config(), silent);
    stage.settle_on(table(1, {"a"}));
    stage.world.reload_command_fails = true;
    stage.give(table(2, {"b"}));
    stage.run_for(milliseconds{500});
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::ReloadFailed});
    EXPECT_EQ(stage.target_text(), text_of({"a"}));
}

TEST(Rollout, tries_again_what_could_not_be_written) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.world.disk_full = true;
    stage.give(table(2, {"b"}));
    stage.run_for(milliseconds{500});
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::WriteFailed});
    stage.world.disk_full = false;
    stage.world.swaps_fail = true;
    stage.run_for(seconds{1});
    EXPECT_EQ(stage.verdicts(), (Verdicts{Verdict::WriteFailed, Verdict::WriteFailed}));
    EXPECT_EQ(stage.target_text(), text_of({"a"}));
    stage.world.swaps_fail = false;
    stage.run_for(seconds{3});
    EXPECT_EQ(stage.ended.back().verdict, Verdict::Activated);
    EXPECT_EQ(stage.world.loaded, text_of({"b"}));
}

/// Kills the daemon after every number of actions, and also in the middle of the write that would
/// have come next, and lets a new one go on from what is left.
void survive_a_kill_at_every_step(const service::RoutingTable& before,
                                  const service::RoutingTable& killed,
                                  const service::RoutingTable& after, std::string_view expected) {
    for (std::size_t actions = 0; actions < 40; ++actions) {
        Stage stage;
        stage.settle_on(before);
        stage.give(killed);
        stage.run_for(seconds{30}, actions);
        if (stage.next_action) {
            if (const auto* write = std::get_if<WriteFile>(&*stage.next_action)) {
                stage.world.files[write->path] = write->text.substr(0, write->text.size() / 2);
            }
        }
        EXPECT_TRUE(World::accepted(stage.target_text())) << actions << stage.target_text();
        stage.restart();
        stage.give(after);
        stage.run_for(seconds{5});
        EXPECT_EQ(stage.target_text(), expected) << "killed after " << actions;
        EXPECT_EQ(stage.world.loaded, expected) << "killed after " << actions;
    }
}

TEST(Rollout, survives_a_kill_at_every_step_and_goes_on) {
    const auto a = table(1, {"a"});
    const auto b = table(2, {"b"});
    survive_a_kill_at_every_step(a, b, b, text_of({"b"}));
}

TEST(Rollout, survives_a_kill_at_every_step_and_goes_back) {
    const auto a = table(1, {"a"});
    survive_a_kill_at_every_step(a, table(2, {"b"}), a, text_of({"a"}));
}

TEST(Rollout, survives_a_kill_at_every_step_of_a_refused_check) {
    const auto a = table(1, {"a"});
    survive_a_kill_at_every_step(a, table(2, {"bad"}), a, text_of({"a"}));
}

TEST(Rollout, survives_a_kill_at_every_step_of_looking_for_the_fault) {
    const auto killed = table(2, {"a", "bad", "b"});
    survive_a_kill_at_every_step(table(1, {"a"}), killed, killed, text_of({"a", "b"}));
}

TEST(Rollout, survives_a_kill_at_every_step_of_leaving_out_newcomers) {
    survive_a_kill_at_every_step(table(1, {"a"}), table(2, {"a", "stuck"}), table(3, {"a", "b"}),
                                 text_of({"a", "b"}));
}

TEST(Rollout, survives_a_kill_at_every_step_of_a_restoration) {
    const auto a = table(1, {"a"});
    survive_a_kill_at_every_step(a, table(2, {"stuck"}), table(3, {"c"}), text_of({"c"}));
}

}  // namespace
}  // namespace scrimp::proxy
