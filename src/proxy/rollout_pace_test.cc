// When a Rollout goes: bursts, removals, the rate limit, old workers.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "proxy/rollout_world.h"

namespace scrimp::proxy {
namespace {

using namespace rollout_world;

/// The generation tells upstreams apart here, as a real generator's does.
Result<Rendered> render_hosts(const service::RoutingTable& table, const RenderOptions&) {
    std::string names;
    for (const auto& route : table.routes) {
        names += route.application.name.text();
        for (const auto& upstream : route.upstreams) names += "+" + upstream.member_name;
        names += ",";
    }
    return Rendered{.text = "begin " + names + " end", .generation = "of " + names};
}

const Generator hosts{.name = "hosts",
                      .render = render_hosts,
                      .default_check_command = {},
                      .default_reload_command = {},
                      .serves_generation = true,
                      .generation_in = generation_in_names,
                      .counts_old_workers = true};

service::RoutingTable web(std::uint64_t revision, int hosts_from, int hosts_to) {
    std::vector<int> numbers(static_cast<std::size_t>(hosts_to - hosts_from));
    std::iota(numbers.begin(), numbers.end(), hosts_from);
    return with_upstreams(table(revision, {"web"}), numbers);
}

TEST(RolloutPace, makes_one_reload_of_ten_hosts_that_die_at_once) {
    Stage stage(config(), hosts);
    stage.settle_on(web(1, 10, 60));
    for (int dead = 1; dead <= 10; ++dead) {
        stage.give(web(static_cast<std::uint64_t>(1 + dead), 10 + dead, 60));
        stage.run_for(milliseconds{25});
    }
    stage.run_for(seconds{5});
    EXPECT_EQ(stage.rollout().reloads(), 2u) << "the first is the start's";
    EXPECT_EQ(stage.ended.back().why, "web: -10 upstreams");
}

TEST(RolloutPace, makes_two_reloads_of_ten_hosts_that_join_at_once) {
    Stage stage(config(), hosts);
    stage.settle_on(web(1, 10, 11));
    for (int joined = 1; joined <= 10; ++joined) {
        stage.give(web(static_cast<std::uint64_t>(1 + joined), 10, 11 + joined));
        stage.run_for(milliseconds{50});
    }
    stage.run_for(seconds{5});
    EXPECT_EQ(stage.rollout().reloads(), 3u);
}

TEST(RolloutPace, reloads_for_one_changed_upstream_once_and_for_an_equal_table_not_at_all) {
    Stage stage(config(), hosts);
    std::vector<std::string> names;
    for (int i = 0; i < 1000; ++i) names.push_back("app" + std::to_string(10000 + i));
    const std::vector<std::string_view> views(names.begin(), names.end());
    std::vector<int> fifty(50);
    std::iota(fifty.begin(), fifty.end(), 10);
    service::RoutingTable next = with_upstreams(table(1, views), fifty);
    stage.settle_on(next);
    for (next.revision = 2; next.revision < 10; ++next.revision) {
        stage.give(next);
        stage.run_for(seconds{1});
    }
    EXPECT_EQ(stage.rollout().reloads(), 1u);
    EXPECT_TRUE(stage.world.steps.empty());
    next.routes[500].upstreams[7].endpoint.port = 81;
    next.routes[500].upstreams[7].member_name = "b17x";
    stage.give(next);
    stage.run_for(seconds{10});
    EXPECT_EQ(stage.rollout().reloads(), 2u);
    EXPECT_EQ(stage.ended.back().why, "app10500: +10.0.0.17:81 (b17x), -10.0.0.17:80 (b17)");
}

TEST(RolloutPace, takes_an_upstream_out_sooner_than_it_would_add_one_in_a_burst) {
    for (const bool removes : {false, true}) {
        Stage stage(config(), hosts);
        stage.settle_on(web(1, 10, 20));
        stage.give(web(2, 10, 21));
        stage.run_for(milliseconds{150});
        const Instant start = stage.now;
        stage.give(removes ? web(3, 11, 21) : web(3, 10, 22));
        while (stage.ended.size() < 2) stage.run_for(milliseconds{10});
        EXPECT_EQ(stage.now - start <= milliseconds{200}, removes);
    }
}

TEST(RolloutPace, keeps_newcomers_to_the_rate_and_lets_removals_go_before) {
    Stage stage(config(), hosts);
    stage.settle_on(web(1, 10, 11));
    const Instant start = stage.now;
    std::uint64_t revision = 1;
    const auto change_for = [&](seconds duration, auto make) {
        const Instant until = stage.now + duration;
        while (stage.now < until) {
            stage.give(make(++revision));
            stage.run_for(milliseconds{20});
        }
    };
    change_for(seconds{60},
               [](std::uint64_t r) { return web(r, 10, 11 + static_cast<int>(r / 20)); });
    const auto spent = std::chrono::duration_cast<seconds>(stage.now - start).count();
    EXPECT_LE(stage.rollout().reloads(), static_cast<std::uint64_t>(1 + 10 + spent));
    EXPECT_GE(stage.rollout().reloads(), static_cast<std::uint64_t>(spent));
    EXPECT_EQ(stage.rollout().view().waits_for, "the rate limit of reloads");
    const auto before = stage.rollout().reloads();
    stage.give(web(++revision, 11, 200));
    stage.run_for(milliseconds{400});
    EXPECT_EQ(stage.rollout().reloads(), before + 1);
}

TEST(RolloutPace, holds_a_newcomer_back_while_too_many_old_workers_live) {
    Stage stage(config(), hosts);
    stage.settle_on(web(1, 10, 12));
    stage.world.old_workers = {.generations = 4, .workers = 8};
    stage.give(web(2, 10, 13));
    stage.run_for(seconds{100});
    EXPECT_EQ(stage.rollout().reloads(), 1u);
    EXPECT_EQ(stage.notices.size(), 1u);
    EXPECT_EQ(stage.rollout().view().waits_for, "workers of 4 earlier reloads to end");
    EXPECT_EQ(stage.rollout().view().phase, "waiting");
    stage.world.old_workers = {.generations = 3, .workers = 6};
    stage.run_for(seconds{2});
    EXPECT_EQ(stage.rollout().reloads(), 2u);
    EXPECT_EQ(stage.rollout().view().waits_for, "");
    EXPECT_EQ(stage.rollout().view().old_workers.workers, 6u);
}

TEST(RolloutPace, holds_a_newcomer_back_for_five_minutes_at_most) {
    Stage stage(config(), hosts);
    stage.settle_on(web(1, 10, 12));
    stage.world.old_workers = {.generations = 9, .workers = 18};
    stage.give(web(2, 10, 13));
    stage.run_for(std::chrono::minutes{5} + seconds{2});
    EXPECT_EQ(stage.rollout().reloads(), 2u);
}

TEST(RolloutPace, takes_an_upstream_out_though_old_workers_live_but_not_without_bound) {
    Stage stage(config(), hosts);
    stage.settle_on(web(1, 10, 15));
    stage.world.old_workers = {.generations = 4, .workers = 8};
    stage.give(web(2, 10, 16));  // Waits.
    stage.run_for(seconds{3});
    stage.give(web(3, 11, 16));
    stage.run_for(milliseconds{300});
    EXPECT_EQ(stage.rollout().reloads(), 2u);
    stage.world.old_workers = {.generations = 8, .workers = 16};
    stage.give(web(4, 12, 16));
    stage.run_for(seconds{9});
    EXPECT_EQ(stage.rollout().reloads(), 2u);
    stage.run_for(seconds{3});
    EXPECT_EQ(stage.rollout().reloads(), 3u);
}

TEST(RolloutPace, pins_a_text_and_lets_tables_wait_until_it_is_unpinned) {
    Stage stage(config(), hosts);
    stage.settle_on(web(1, 10, 12));
    stage.rollout().handle_pin(stage.now, "of old,", text_of({"old"}));
    stage.run_for(seconds{1});
    EXPECT_EQ(stage.world.loaded, text_of({"old"}));
    EXPECT_EQ(stage.ended.back().why, "pinned");
    stage.give(web(2, 10, 13));
    stage.run_for(seconds{60});
    EXPECT_EQ(stage.world.loaded, text_of({"old"}));
    EXPECT_EQ(stage.rollout().view().pinned, "of old,");
    EXPECT_EQ(stage.rollout().view().latest, 2u);
    stage.rollout().handle_unpin(stage.now);
    stage.run_for(seconds{1});
    EXPECT_EQ(stage.world.loaded, "begin web+b10+b11+b12, end");
    EXPECT_EQ(stage.rollout().view().pinned, "");
}

TEST(RolloutPace, keeps_to_a_pin_that_was_there_before_any_table) {
    Stage stage(config(), hosts);
    stage.rollout().handle_pin(stage.now, "of old,", text_of({"old"}));
    stage.run_for(seconds{1});
    stage.give(web(1, 10, 13));
    stage.run_for(seconds{10});
    EXPECT_EQ(stage.world.loaded, text_of({"old"}));
}

TEST(RolloutPace, survives_an_unpin_before_any_table_at_any_step) {
    for (const bool reload_fails : {false, true}) {
        for (std::size_t actions = 0; actions < 8; ++actions) {
            Stage stage(config(), hosts);
            stage.world.files[std::string(target)] = text_of({"found"});
            stage.restart();
            stage.world.reload_command_fails = reload_fails;
            stage.rollout().handle_pin(stage.now, "of old,", text_of({"old"}));
            stage.run_for(seconds{1}, actions);
            stage.rollout().handle_unpin(stage.now);
            if (stage.next_action) {
                stage.rollout().handle_done(stage.now, std::visit(stage.world, *stage.next_action));
            }
            stage.run_for(seconds{100});
            EXPECT_EQ(stage.rollout().next_deadline(), never);
            EXPECT_EQ(stage.rollout().view().phase, "idle");
            stage.world.reload_command_fails = false;
            stage.give(web(1, 10, 12));
            stage.run_for(seconds{10});
            EXPECT_EQ(stage.world.loaded, "begin web+b10+b11, end");
        }
    }
}

TEST(RolloutPace, takes_out_who_left_behind_a_pin_as_soon_as_anybody) {
    for (const bool changes_again : {false, true}) {
        Stage stage(config(), hosts);
        stage.settle_on(web(1, 11, 15));
        // Of the time before host 10 left.
        stage.rollout().handle_pin(stage.now, "of web+b10,", "begin web+b10, end");
        stage.run_for(seconds{1});
        stage.give(web(2, 12, 15));
        stage.world.old_workers = {.generations = 4, .workers = 8};
        stage.run_for(seconds{10});
        stage.rollout().handle_unpin(stage.now);
        if (changes_again) stage.give(web(3, 11, 16));
        stage.run_for(milliseconds{400});
        EXPECT_EQ(stage.world.loaded, changes_again ? "begin web+b11+b12+b13+b14+b15, end"
                                                    : "begin web+b12+b13+b14, end");
    }
}

TEST(RolloutPace, tries_a_removal_that_failed_as_soon_as_one_that_is_new) {
    Stage stage(config(), hosts);
    stage.settle_on(web(1, 10, 15));
    stage.world.disk_full = true;
    stage.give(web(2, 11, 15));
    stage.run_for(milliseconds{300});
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::WriteFailed});
    stage.world.disk_full = false;
    stage.world.old_workers = {.generations = 4, .workers = 8};
    stage.run_for(seconds{3});
    EXPECT_EQ(stage.rollout().reloads(), 2u);
}

TEST(RolloutPace, knows_a_removal_under_way_for_urgent_when_a_newcomer_comes) {
    Stage stage(config(), hosts);
    stage.settle_on(web(1, 10, 15));
    stage.world.old_workers = {.generations = 4, .workers = 8};
    stage.give(web(2, 11, 15));
    stage.run_for(milliseconds{200}, 0);
    ASSERT_TRUE(stage.next_action);
    stage.give(web(3, 11, 16));
    stage.rollout().handle_done(stage.now, std::visit(stage.world, *stage.next_action));
    stage.run_for(milliseconds{400});
    EXPECT_EQ(stage.rollout().reloads(), 2u);
}

TEST(RolloutPace, waits_no_longer_for_old_workers_when_what_waited_is_gone) {
    Stage stage(config(), hosts);
    stage.settle_on(web(1, 10, 12));
    stage.world.old_workers = {.generations = 4, .workers = 8};
    stage.give(web(2, 10, 13));
    stage.run_for(seconds{3});
    stage.give(web(3, 10, 12));  // As it was.
    stage.run_for(seconds{3});
    EXPECT_EQ(stage.ended.back().verdict, Verdict::Unchanged);
    EXPECT_EQ(stage.rollout().view().waits_for, "");
    stage.run_for(std::chrono::minutes{10});
    stage.give(web(4, 10, 13));
    stage.run_for(seconds{60});
    EXPECT_EQ(stage.rollout().reloads(), 1u) << "the next one waits as long as the first would";
    EXPECT_EQ(stage.notices.size(), 2u);
}

TEST(RolloutPace, tells_once_what_the_check_has_to_say_of_a_text_that_it_accepts) {
    Stage stage;
    stage.world.check_says = "conflicting server name in line 7";
    stage.give(table(1, {"a"}));
    stage.run_for(seconds{1});
    stage.world.check_says = "conflicting server name in line 19";
    stage.give(table(2, {"b"}));
    stage.run_for(seconds{1});
    EXPECT_EQ(stage.notices,
              Steps{"the check accepts, and says: conflicting server name in line 7"});
}

}  // namespace
}  // namespace scrimp::proxy
