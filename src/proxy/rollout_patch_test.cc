#include <gtest/gtest.h>

#include "proxy/rollout_world.h"

namespace scrimp::proxy::rollout_world {
namespace {

/// Asks "look", then "name it"; the first answer may not be a refusal.
class TwoRequests final : public Patch {
  public:
    std::optional<std::string> next() override {
        if (asked_ == 2) return std::nullopt;
        return asked_ == 0 ? "look" : "name it";
    }
    Result<void> handle_answer(std::string_view answer) override {
        ++asked_;
        if (answer != "\n") return fail("it says " + std::string(answer));
        return {};
    }

  private:
    int asked_ = 0;
};

/// Tables of as many applications differ in servers only.
std::unique_ptr<Patch> patch_equal_numbers(const PatchPlan& plan) {
    if (plan.before.size() != plan.after.size()) return nullptr;
    return std::make_unique<TwoRequests>();
}

const Generator patched{.name = "patched",
                        .render = render_names,
                        .default_check_command = {},
                        .default_reload_command = {},
                        .serves_generation = true,
                        .generation_in = generation_in_names,
                        .patch = patch_equal_numbers};

class RolloutPatch : public testing::Test {
  protected:
    static RolloutConfig with_socket() {
        RolloutConfig with = config();
        with.runtime_socket = "/run/proxy.sock";
        return with;
    }
    RolloutPatch() { stage.settle_on(table(1, {"a"})); }

    Stage stage{with_socket(), patched};
};

TEST_F(RolloutPatch, takes_the_place_of_the_reload_once_the_text_is_checked_and_in_its_place) {
    const auto reloads = stage.rollout().reloads();
    stage.give(table(2, {"b"}));
    stage.run_for(seconds{5});
    EXPECT_EQ(
        stage.world.steps,
        (Steps{"ask 80", "write /etc/proxy/.lb.conf.candidate",
               "check /etc/proxy/.lb.conf.candidate for=/etc/proxy/lb.conf", "swap", "runtime look",
               "runtime name it", "ask 80", "copy to /etc/proxy/.lb.conf.last-good"}));
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Activated});
    EXPECT_EQ(stage.rollout().reloads(), reloads);
    EXPECT_EQ(stage.rollout().patches(), 1u);
    EXPECT_EQ(stage.rollout().view().generation, "of b,");
}

TEST_F(RolloutPatch, is_not_for_what_needs_a_reload) {
    stage.give(table(2, {"a", "b"}));
    stage.run_for(seconds{5});
    EXPECT_EQ(stage.rollout().patches(), 0u);
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Activated});
    EXPECT_EQ(stage.world.loaded, text_of({"a", "b"}));
}

TEST_F(RolloutPatch, ends_in_the_reload_when_anything_goes_wrong_and_says_so_once) {
    stage.world.runtime_refuses = true;
    for (const char* name : {"b", "c"}) {
        stage.give(table(2, {name}));
        stage.run_for(seconds{5});
        EXPECT_EQ(stage.world.loaded, text_of({name}));
    }
    EXPECT_EQ(stage.rollout().patches(), 0u);
    EXPECT_EQ(stage.verdicts(), (Verdicts{Verdict::Activated, Verdict::Activated}));
    ASSERT_EQ(stage.notices.size(), 1u);
    EXPECT_EQ(stage.notices[0],
              "a change of servers took a reload after all: it says Permission denied");
}

TEST_F(RolloutPatch, is_not_for_a_proxy_that_somebody_gave_another_text) {
    stage.world.loaded = text_of({"older"});
    stage.give(table(2, {"b"}));
    stage.run_for(seconds{5});
    EXPECT_EQ(stage.rollout().patches(), 0u);
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Activated});
    EXPECT_EQ(stage.world.loaded, text_of({"b"}));
}

TEST_F(RolloutPatch, is_not_believed_before_the_proxy_says_the_generation) {
    stage.world.runtime_is_deaf = true;
    stage.give(table(2, {"b"}));
    stage.run_for(seconds{5});
    EXPECT_EQ(stage.rollout().patches(), 0u);
    EXPECT_EQ(stage.verdicts(), Verdicts{Verdict::Activated});
    EXPECT_EQ(stage.world.steps.back(), "copy to /etc/proxy/.lb.conf.last-good");
}

TEST_F(RolloutPatch, does_not_follow_what_nobody_knows_to_be_served) {
    stage.world.runtime_refuses = true;
    stage.world.reload_command_fails = true;
    stage.give(table(2, {"b"}));  // Fails, and is taken back.
    stage.run_for(milliseconds{500});
    stage.world.runtime_refuses = false;
    stage.world.reload_command_fails = false;
    stage.give(table(3, {"c"}));
    stage.run_for(seconds{5});
    EXPECT_EQ(stage.rollout().patches(), 0u);
    EXPECT_EQ(stage.world.loaded, text_of({"c"}));
}

TEST_F(RolloutPatch, is_neither_to_nor_from_a_pinned_text) {
    stage.rollout().handle_pin(stage.now, "of z,", text_of({"z"}));
    stage.run_for(seconds{5});
    EXPECT_EQ(stage.world.loaded, text_of({"z"}));
    stage.rollout().handle_unpin(stage.now);
    stage.run_for(seconds{5});
    EXPECT_EQ(stage.world.loaded, text_of({"a"}));
    EXPECT_EQ(stage.rollout().patches(), 0u);
}

TEST_F(RolloutPatch, that_a_kill_cut_short_is_found_out_at_the_next_start) {
    stage.give(table(2, {"b"}));
    stage.run_for(seconds{5}, 5);  // Up to the swap and the first request.
    stage.restart();
    stage.give(table(2, {"b"}));
    stage.run_for(seconds{5});
    EXPECT_EQ(stage.world.loaded, text_of({"b"}));
    EXPECT_EQ(stage.rollout().reloads(), 1u);
}

}  // namespace
}  // namespace scrimp::proxy::rollout_world
