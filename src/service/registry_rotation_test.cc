#include <gtest/gtest.h>

#include "service/hearing_test.h"

namespace scrimp::service {
namespace {

const std::vector<Application> shop = make_applications("shop", 1);

Bytes announce(Availability state = Availability::Healthy) {
    return encode_metadata(Role::Backend, shop, {.conditions = {{shop[0].name, {state, ""}}}})
        ->bytes;
}

class Rotation : public testing::Test {
  protected:
    void configure(const RotationConfig& config) {
        hearing.registry.set_rotation(hearing.now, config);
    }
    void join(const std::string& name, Availability state = Availability::Healthy) {
        hearing.tell(Change::Joined, name, announce(state));
    }
    void update(const std::string& name, Availability state) {
        hearing.tell(Change::Updated, name, announce(state));
    }
    void pass(Duration time) {
        const Instant until = hearing.now + time;
        while (hearing.registry.next_deadline() <= until) {
            hearing.now = std::max(hearing.now, hearing.registry.next_deadline());
            hearing.registry.handle_deadline(hearing.now);
        }
        hearing.now = until;
    }
    [[nodiscard]] Endpoint endpoint() const { return hearing.registry.endpoints_of("b1").at(0); }
    void lose(const std::string& name, std::string_view stays = {}) {
        hearing.registry.handle_unavailable(hearing.now, name, endpoint(), reason::timeout, stays);
        pass(1s);
    }
    void find(const std::string& name) {
        hearing.registry.handle_available(hearing.now, name, endpoint());
        pass(1s);
    }
    /// "b1 b2:25", those with less than full weight with it.
    [[nodiscard]] std::string in_rotation() const {
        std::string text;
        for (const Route& route : hearing.registry.table().routes) {
            for (const Upstream& upstream : route.upstreams) {
                text += (text.empty() ? "" : " ") + upstream.member_name;
                if (upstream.weight < weight_usual) text += ":" + std::to_string(upstream.weight);
            }
        }
        return text;
    }
    [[nodiscard]] Standing standing(const std::string& name) const {
        for (Standing& each : hearing.registry.standings()) {
            if (each.member_name == name) return std::move(each);
        }
        ADD_FAILURE() << name;
        return {};
    }

    Hearing hearing;
};

TEST_F(Rotation, is_of_the_healthy) {
    join("b1");
    for (const Availability state : {Availability::Initial, Availability::Unhealthy,
                                     Availability::Draining, Availability::Maintenance}) {
        join("b2", state);
        EXPECT_EQ(in_rotation(), "b1");
        EXPECT_EQ(standing("b2").condition.state, state);
        EXPECT_FALSE(standing("b2").in_rotation);
        update("b2", Availability::Healthy);
        EXPECT_EQ(in_rotation(), "b1 b2");
        hearing.tell(Change::Left, "b2", {});
    }
    EXPECT_EQ(standing("b1").condition, Condition{});
    EXPECT_EQ(standing("b1").weight, 100);
}

TEST_F(Rotation, fails_open_to_those_who_might_answer) {
    join("b1", Availability::Unhealthy);
    join("b2", Availability::Initial);
    join("b3", Availability::Draining);
    join("b4", Availability::Maintenance);
    EXPECT_EQ(in_rotation(), "b1 b2");
    EXPECT_EQ(standing("b1").note, "gets traffic because no other backend of it is healthy");
    configure({.on_all_unhealthy = OnAllUnhealthy::None});
    pass(1s);
    EXPECT_EQ(in_rotation(), "");
    update("b2", Availability::Healthy);
    EXPECT_EQ(in_rotation(), "b2");
}

TEST_F(Rotation, is_never_of_those_whom_a_person_took_out) {
    join("b1", Availability::Draining);
    join("b2", Availability::Maintenance);
    EXPECT_TRUE(hearing.registry.table().routes.empty());
    EXPECT_TRUE(hearing.registry.refusals().empty());
}

TEST_F(Rotation, lets_a_newer_version_have_the_name_when_its_checks_pass) {
    auto newer = shop;
    newer[0].application_port = 9999;
    const auto other = [&](Availability state) {
        return encode_metadata(Role::Backend, newer, {.conditions = {{shop[0].name, {state, ""}}}})
            ->bytes;
    };
    join("b1");
    hearing.tell(Change::Joined, "b2", other(Availability::Initial));
    hearing.tell(Change::Joined, "b3", other(Availability::Initial));
    EXPECT_EQ(in_rotation(), "b1");
    hearing.tell(Change::Updated, "b2", other(Availability::Healthy));
    update("b1", Availability::Draining);
    EXPECT_EQ(in_rotation(), "b2");
}

TEST_F(Rotation, leaves_out_whom_the_balancer_cannot_reach_until_it_can) {
    join("b1");
    join("b2");
    lose("b2");
    EXPECT_EQ(in_rotation(), "b1");
    EXPECT_EQ(standing("b2").condition,
              (Condition{Availability::Unavailable, std::string(reason::timeout)}));
    find("b2");
    EXPECT_EQ(in_rotation(), "b1 b2");
    EXPECT_EQ(standing("b2").condition.state, Availability::Healthy);
    lose("b2", "kept");
    EXPECT_EQ(in_rotation(), "b1 b2");
    EXPECT_EQ(standing("b2").condition.state, Availability::Unavailable);
    EXPECT_EQ(standing("b2").note, "kept");
}

TEST_F(Rotation, forgets_what_it_found_where_a_member_was) {
    join("b1");
    join("b2");
    lose("b2");
    hearing.tell(Change::Failed, "b2", {});
    join("b2");
    EXPECT_EQ(in_rotation(), "b1 b2");
}

TEST_F(Rotation, holds_back_who_falls_out_again_and_again_and_says_so) {
    join("b1");
    join("b2");
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(in_rotation(), "b1 b2") << i;
        hearing.tell(Change::Failed, "b2", {});
        join("b2");
    }
    EXPECT_EQ(in_rotation(), "b1");
    EXPECT_EQ(hearing.registry.refusals().size(), 1U);
    EXPECT_EQ(standing("b2").note, "comes and goes too often: held back for 80 s");
    pass(59s);
    EXPECT_EQ(in_rotation(), "b1");
    pass(30s);
    EXPECT_EQ(in_rotation(), "b1 b2");
    EXPECT_TRUE(hearing.registry.refusals().empty());
    EXPECT_EQ(hearing.registry.next_deadline(), never);
}

TEST_F(Rotation, holds_back_nobody_who_left_by_intent_nor_the_last) {
    join("b1");
    join("b2");
    for (int i = 0; i < 10; ++i) {
        hearing.tell(Change::Left, "b2", {});
        join("b2");
        update("b2", Availability::Maintenance);
        update("b2", Availability::Draining);
        update("b2", Availability::Healthy);
    }
    EXPECT_EQ(in_rotation(), "b1 b2");
    hearing.tell(Change::Left, "b1", {});
    for (int i = 0; i < 10; ++i) {
        update("b2", Availability::Unhealthy);
        update("b2", Availability::Healthy);
    }
    EXPECT_EQ(in_rotation(), "b2");
    join("b1");
    EXPECT_EQ(in_rotation(), "b1");
    configure({.damping_half_life = Duration::zero()});
    pass(1s);
    EXPECT_EQ(in_rotation(), "b1 b2");
}

TEST_F(Rotation, gives_newcomers_their_share_in_few_common_steps) {
    configure({.slow_start = 40s});
    join("b1");
    EXPECT_EQ(in_rotation(), "b1");  // Who is here when we begin is no newcomer.
    pass(own_start);
    join("b2");
    pass(3s);
    join("b3");
    EXPECT_EQ(in_rotation(), "b1 b2:25 b3:25");
    EXPECT_EQ(standing("b3").note, "starts slowly");
    const std::uint64_t revision = hearing.registry.table().revision;
    pass(60s);
    EXPECT_EQ(in_rotation(), "b1 b2 b3");
    EXPECT_LE(hearing.registry.table().revision, revision + 4);
    EXPECT_EQ(hearing.registry.next_deadline(), never);
    update("b2", Availability::Unhealthy);
    update("b2", Availability::Healthy);
    EXPECT_EQ(in_rotation(), "b1 b2:25 b3");
}

TEST_F(Rotation, tells_from_which_table_on_an_announcement_counts) {
    join("b1");
    const ListDigest digest = digest_of(text_of(announce()));
    const ListDigest draining = digest_of(text_of(announce(Availability::Draining)));
    EXPECT_EQ(hearing.registry.revision_with("b1", digest), hearing.registry.table().revision);
    EXPECT_EQ(hearing.registry.revision_with("b1", draining), std::nullopt);
    EXPECT_EQ(hearing.registry.revision_with("b2", digest), std::nullopt);
    hearing.registry.handle_event(
        hearing.now, event_of(Change::Updated, "b1", "10.0.0.1", announce(Availability::Draining)));
    EXPECT_EQ(hearing.registry.revision_with("b1", draining), std::nullopt);
    pass(1s);
    EXPECT_EQ(hearing.registry.revision_with("b1", draining), hearing.registry.table().revision);
}

}  // namespace
}  // namespace scrimp::service
