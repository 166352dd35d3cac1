// When a Sight believes that upstreams are gone, though it may be us who are cut off.
#include "service/sight_test.h"

namespace scrimp::service {
namespace {

TEST_F(SightTest, keeps_those_in_rotation_that_vanish_all_at_once) {
    join(10);
    for (int i = 1; i <= 10; ++i) set(i, PortAnswer::Silent);
    doubt(1);
    pass(5s);
    EXPECT_TRUE(sight.guards());
    EXPECT_EQ(routed(), 10U);
    for (int i = 1; i <= 10; ++i) hear(Change::Failed, i);
    pass(300s);
    EXPECT_EQ(routed(), 10U);
    EXPECT_NE(note(3).find("it may be us who are cut off"), std::string::npos);
    for (int i = 1; i <= 10; ++i) {
        set(i, PortAnswer::Open);
        hear(Change::Joined, i);
    }
    pass(5s);
    EXPECT_FALSE(sight.guards());
    EXPECT_EQ(routed(), 10U);
    EXPECT_EQ(note(3), "");
    EXPECT_EQ(sight.next_deadline(), never);
}

TEST_F(SightTest, lets_those_go_that_stay_away_when_most_are_seen_again) {
    join(10);
    for (int i = 1; i <= 6; ++i) set(i, PortAnswer::Silent);
    doubt(1);
    pass(5s);
    EXPECT_EQ(routed(), 10U);
    for (int i = 1; i <= 3; ++i) set(i, PortAnswer::Open);
    pass(10s);
    EXPECT_EQ(routed(), 7U);
    EXPECT_FALSE(sight.guards());
}

TEST_F(SightTest, believes_a_silence_of_most_while_others_of_the_application_answer) {
    join(10);
    for (int i = 1; i <= 6; ++i) set(i, PortAnswer::Silent);
    doubt(1);
    pass(4s);
    for (int i = 1; i <= 6; ++i) hear(Change::Failed, i);
    pass(4s);
    EXPECT_EQ(routed(), 10U);
    EXPECT_EQ(sight.guarded(), 6U);
    pass(20s);
    EXPECT_EQ(routed(), 4U);
    EXPECT_EQ(registry.backends().size(), 4U);
    EXPECT_EQ(sight.guarded(), 0U);
    pass(60s);
    EXPECT_EQ(sight.next_deadline(), never);
}

TEST_F(SightTest, believes_a_silence_of_whole_applications_when_it_lasts_and_others_answer) {
    join(4);
    shops = make_applications("blog", 1);
    for (int i = 5; i <= 10; ++i) hear(Change::Joined, i);
    for (int i = 5; i <= 10; ++i) set(i, PortAnswer::Silent);
    doubt(5);
    pass(4s);
    for (int i = 5; i <= 10; ++i) hear(Change::Failed, i);
    pass(4min);
    EXPECT_EQ(registry.table().routes.size(), 2U);
    EXPECT_EQ(routed(), 6U);
    pass(2min);
    EXPECT_EQ(registry.table().routes.size(), 1U);
    EXPECT_FALSE(sight.guards());
}

TEST_F(SightTest, loses_nobody_when_all_can_be_seen_again_one_after_the_other) {
    join(10, 3);
    for (int i = 1; i <= 10; ++i) set(i, PortAnswer::Silent);
    doubt(1);
    pass(1h);
    EXPECT_EQ(sight.guarded(), 30U);
    const int before = probes;
    pass(80s);
    EXPECT_LE(probes - before, 100) << "one port of each every 8 s";
    for (int i = 1; i <= 10; ++i) set(i, PortAnswer::Open);
    for (int step = 0; step < 200; ++step) {
        pass(100ms);
        ASSERT_EQ(routed(), 10U);
    }
    EXPECT_FALSE(sight.guards());
    EXPECT_EQ(sight.next_deadline(), never);
}

TEST_F(SightTest, keeps_those_whose_agents_die_all_at_once_while_their_ports_answer) {
    join(10);
    for (int i = 1; i <= 10; ++i) {
        hear(Change::Failed, i);
        pass(500ms);
    }
    pass(120s);
    EXPECT_EQ(routed(), 10U);
    EXPECT_TRUE(sight.guards());
}

TEST_F(SightTest, holds_nobody_back_whose_own_host_refuses) {
    join(10);
    for (int i = 1; i <= 10; ++i) {
        set(i, PortAnswer::Refused);
        hear(Change::Failed, i);
    }
    pass(1s);
    EXPECT_EQ(routed(), 0U);
}

TEST_F(SightTest, never_loses_the_last_one_to_silence) {
    join(2);
    for (const int number : {1, 2}) {
        set(number, PortAnswer::Silent);
        hear(Change::Failed, number);
        pass(20s);
    }
    EXPECT_EQ(routed(), 1U);
}

}  // namespace
}  // namespace scrimp::service
