// What peers cannot make a Rollout do: search for ever, log for ever, or keep others out.
#include <gtest/gtest.h>

#include <algorithm>

#include "proxy/rollout_world.h"

namespace scrimp::proxy {
namespace {

using namespace rollout_world;

bool loads(const Stage& stage, std::string_view name) {
    return stage.world.loaded.find(name) != std::string::npos;
}

/// "a", then as many pairs of a good and a bad application as told.
service::RoutingTable mixed(std::uint64_t revision, int pairs) {
    std::vector<std::string> names{"a"};
    for (int i = 0; i < pairs; ++i) {
        names.push_back("good" + std::to_string(i));
        names.push_back("bad" + std::to_string(i));
    }
    return table(revision, {names.begin(), names.end()});
}

TEST(RolloutBounds, ends_the_search_for_many_faults_and_serves_who_was_served) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.give(mixed(2, 60));
    stage.run_for(milliseconds{900});
    const auto checks = std::ranges::count_if(
        stage.world.steps, [](const std::string& step) { return step.starts_with("check"); });
    EXPECT_LE(checks, 30 + 2) << "the trials, the table before them and the one after";
    EXPECT_TRUE(loads(stage, "a,")) << stage.world.loaded;
    EXPECT_FALSE(loads(stage, "bad"));
    EXPECT_EQ(stage.ended.back().verdict, Verdict::Activated);
}

TEST(RolloutBounds, names_some_of_the_many_left_out_and_counts_the_rest) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    stage.give(mixed(2, 60));
    stage.run_for(milliseconds{900});
    ASSERT_GT(stage.ended.size(), 2u);
    EXPECT_LE(stage.ended.size(), 16u + 1 + 1);
    const std::string& last_blame = stage.ended[stage.ended.size() - 2].detail;
    EXPECT_TRUE(last_blame.ends_with("more applications")) << last_blame;
    for (const RolloutEnded& end : stage.ended) EXPECT_LE(end.detail.size(), 400u);
}

TEST(RolloutBounds, tries_those_left_out_again_though_tables_keep_coming) {
    Stage stage;
    stage.give(table(1, {"a", "bad"}));
    stage.run_for(milliseconds{300});
    EXPECT_FALSE(loads(stage, "bad"));
    stage.world.anything_goes = true;  // What was in the way is gone.
    for (std::uint64_t revision = 2; revision < 12; ++revision) {
        stage.give(table(revision, {"a", revision % 2 == 0 ? "b" : "c", "bad"}));
        stage.run_for(milliseconds{300});
    }
    EXPECT_TRUE(loads(stage, "bad")) << stage.world.loaded;
}

TEST(RolloutBounds, finds_one_of_five_thousand_at_fault_and_leaves_out_no_other) {
    std::vector<std::string> names;
    for (int i = 0; i < 5000; ++i) names.push_back("good" + std::to_string(i));
    for (const std::size_t at : {0u, 1777u, 4999u}) {
        Stage stage;
        auto all = names;
        all[at] = "bad";
        stage.give(table(1, {all.begin(), all.end()}));
        stage.run_for(milliseconds{900});
        ASSERT_EQ(stage.verdicts(), (Verdicts{Verdict::Rejected, Verdict::Activated})) << at;
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
        EXPECT_EQ(stage.world.loaded, text_of({all.begin(), all.end()})) << at;
    }
}

TEST(RolloutBounds, suspects_newcomers_on_new_ports_first_when_a_reload_is_not_taken) {
    Stage stage;
    stage.settle_on(table(1, {"a"}));
    service::RoutingTable next = table(2, {"a", "b", "stuck"});
    next.routes.back().application.listen_port = 8443;
    stage.give(next);
    stage.run_for(seconds{11});
    EXPECT_EQ(stage.world.loaded, text_of({"a", "b"}));
}

TEST(RolloutBounds, takes_out_who_leaves_though_another_comes_and_goes_faster_than_checks_answer) {
    for (const bool any_at_fault : {false, true}) {
        Stage stage;
        stage.settle_on(table(1, {"a", "leaving"}));
        stage.takes = milliseconds{600};
        std::uint64_t revision = 1;
        stage.meanwhile = [&] {
            ++revision;
            std::vector<std::string_view> names{"a"};
            if (any_at_fault) names.push_back("bad");
            if (revision % 2 == 0) names.push_back("flapping");
            stage.give(table(revision, names));
        };
        stage.meanwhile();
        stage.run_for(seconds{20});
        EXPECT_TRUE(loads(stage, "a,"));
        EXPECT_FALSE(loads(stage, "leaving")) << any_at_fault;
        EXPECT_GE(stage.rollout().view().revision, 2u);
    }
}

TEST(RolloutBounds, takes_out_who_leaves_though_somebody_announces_what_the_proxy_cannot_take) {
    Stage stage;
    stage.settle_on(table(1, {"a", "leaving"}));
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) names.push_back("stuck" + std::to_string(i));
    std::uint64_t revision = 1;
    stage.meanwhile = [&] {  // Another one every two seconds.
        const auto latest =
            static_cast<std::size_t>((stage.now - Instant{seconds{1000}}) / seconds{2});
        if (latest >= names.size() || latest < revision) return;
        stage.give(table(++revision, {"a", names[latest]}));
    };
    stage.give(table(++revision, {"a", names[0]}));
    stage.run_for(seconds{15});
    EXPECT_TRUE(loads(stage, "a,"));
    EXPECT_FALSE(loads(stage, "leaving"));
}

}  // namespace
}  // namespace scrimp::proxy
