#include "service/sight.h"

#include "service/sight_test.h"

namespace scrimp::service {
namespace {

TEST_F(SightTest, looks_at_nobody_while_nobody_is_doubted) {
    join(5);
    hear(Change::Updated, 1);
    pass(60s);
    EXPECT_EQ(probes, 0);
    EXPECT_EQ(sight.next_deadline(), never);
    EXPECT_EQ(routed(), 5U);
}

TEST_F(SightTest, takes_out_a_dead_process_at_the_first_doubt) {
    join(3);
    set(2, PortAnswer::Refused);
    doubt(2);
    pass(100ms);
    EXPECT_EQ(routed(), 2U);
    set(2, PortAnswer::Open);
    pass(3s);
    EXPECT_EQ(routed(), 3U);
    pass(3s);
    EXPECT_EQ(sight.next_deadline(), never);
}

TEST_F(SightTest, takes_out_a_vanished_host_once_it_is_suspected_too) {
    join(4);
    set(2, PortAnswer::Silent);
    doubt(2);
    pass(500ms);
    hear(Change::Suspected, 2);
    pass(200ms);
    EXPECT_EQ(routed(), 3U);
    pass(2s);
    hear(Change::Failed, 2);
    pass(1s);
    EXPECT_EQ(registry.backends().size(), 3U);
    EXPECT_EQ(sight.next_deadline(), never);
}

TEST_F(SightTest, believes_a_second_silence_without_any_suspicion) {
    join(4);
    set(2, PortAnswer::Silent);
    doubt(2);
    pass(1s);
    EXPECT_EQ(routed(), 4U);
    pass(300ms);
    EXPECT_EQ(routed(), 3U);
}

TEST_F(SightTest, keeps_a_living_port_with_a_dead_agent_for_the_grace) {
    join(3);
    hear(Change::Suspected, 2);
    pass(1s);
    hear(Change::Failed, 2);
    pass(28s);
    EXPECT_EQ(routed(), 3U);
    EXPECT_EQ(note(2), "kept for a while: its agent is dead, but its port answers");
    pass(3s);
    EXPECT_EQ(routed(), 2U);
    hear(Change::Joined, 2);
    pass(1s);
    EXPECT_EQ(routed(), 3U);
    EXPECT_EQ(note(2), "");
}

TEST_F(SightTest, loses_a_port_that_dies_within_the_grace) {
    join(3);
    hear(Change::Failed, 2);
    pass(5s);
    EXPECT_EQ(routed(), 3U);
    set(2, PortAnswer::Refused);
    pass(1100ms);
    EXPECT_EQ(routed(), 2U);
    EXPECT_EQ(registry.backends().size(), 2U);
}

TEST_F(SightTest, lets_an_agent_that_restarts_within_the_grace_keep_its_traffic) {
    join(2);
    hear(Change::Failed, 2);
    pass(10s);
    hear(Change::Joined, 2);
    const std::uint64_t revision = registry.table().revision;
    pass(60s);
    EXPECT_EQ(registry.table().revision, revision);
    EXPECT_EQ(routed(), 2U);
}

TEST_F(SightTest, passes_goodbyes_on_at_once) {
    join(2);
    hear(Change::Suspected, 2);
    hear(Change::Left, 2);
    pass(60ms);
    EXPECT_EQ(routed(), 1U);
    hear(Change::Left, 1);
    pass(60ms);
    EXPECT_EQ(routed(), 0U);
}

TEST_F(SightTest, finds_all_that_died_together_at_the_first_doubt) {
    join(50);
    for (int i = 1; i <= 10; ++i) set(i, PortAnswer::Refused);
    doubt(7);
    pass(100ms);
    EXPECT_EQ(routed(), 40U);
    EXPECT_LE(probes, 60);
}

TEST_F(SightTest, finds_a_host_that_vanishes_while_it_looks_at_many_that_are_silent) {
    join(40, 16);
    for (int i = 1; i <= 12; ++i) {
        set(i, PortAnswer::Silent);
        hear(Change::Suspected, i);
    }
    pass(1200ms);
    EXPECT_EQ(routed(), 28U);
    set(20, PortAnswer::Silent);
    doubt(20);
    pass(500ms);
    hear(Change::Suspected, 20);
    pass(800ms);
    EXPECT_EQ(routed(), 27U);
}

TEST_F(SightTest, opens_a_connection_a_second_for_whoever_forges_doubts) {
    join(2);
    for (int i = 0; i < 1000; ++i) {
        doubt(1);
        pass(10ms);
    }
    EXPECT_LE(probes, 11);
    EXPECT_EQ(routed(), 2U);
}

TEST_F(SightTest, finds_out_which_of_many_ports_are_dead) {
    join(3, 20);
    hear(Change::Suspected, 2);
    pass(100ms);
    EXPECT_EQ(probes, 16);
    hear(Change::Recovered, 2);
    pass(10s);
    EXPECT_EQ(sight.next_deadline(), never);
    EXPECT_EQ(registry.table().revision, 1U);
}

TEST_F(SightTest, forgets_its_doubts_when_we_move) {
    join(4);
    set(2, PortAnswer::Refused);
    doubt(2);
    pass(1s);
    EXPECT_EQ(routed(), 3U);
    sight.handle_blackout(now);
    pump();
    pass(1s);
    EXPECT_EQ(routed(), 4U);
}

TEST_F(SightTest, forgets_what_it_found_of_who_announces_nothing_any_more) {
    join(3);
    set(2, PortAnswer::Refused);
    doubt(2);
    pass(1s);
    EXPECT_EQ(routed(), 2U);
    const std::vector<Application> all = std::exchange(shops, {});
    hear(Change::Updated, 2);
    doubt(2);
    set(2, PortAnswer::Open);
    shops = all;
    hear(Change::Updated, 2);
    pass(20s);
    EXPECT_EQ(routed(), 3U);
}

TEST_F(SightTest, looks_around_for_nobody_who_was_taken_out_and_switched_off) {
    join(20);
    conditions = {{shops[0].name, {Availability::Maintenance, ""}}};
    hear(Change::Updated, 2);
    set(2, PortAnswer::Refused);
    doubt(2);
    pass(100s);
    EXPECT_LE(probes, 20);
    set(2, PortAnswer::Open);
    conditions.clear();
    hear(Change::Updated, 2);
    pass(20s);
    EXPECT_EQ(routed(), 20U);
}

TEST_F(SightTest, looks_around_in_turns_where_there_are_many) {
    join(99);
    EXPECT_EQ(registry.announcing("", 2), (Texts{"b01", "b02"}));
    EXPECT_EQ(registry.announcing("b02", 2), (Texts{"b03", "b04"}));
    EXPECT_EQ(registry.announcing("b98", 2), (Texts{"b99", "b01"}));
    EXPECT_EQ(registry.announcing("b98", 1000).size(), 99U);
}

TEST_F(SightTest, without_a_grace_takes_the_clusters_word) {
    sight.set_config(now, {.agent_grace = Duration::zero()});
    join(3);
    hear(Change::Failed, 2);
    pass(60ms);
    EXPECT_EQ(routed(), 2U);
}

}  // namespace
}  // namespace scrimp::service
