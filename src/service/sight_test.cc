#include "service/sight.h"

#include <gtest/gtest.h>

#include "base/machine.h"
#include "service/hearing_test.h"

namespace scrimp::service {
namespace {

/// A registry behind a sight, hosts that answer or do not, and a clock.
class SightTest : public testing::Test {
  protected:
    static std::string name_of(int number) {
        return (number < 10 ? "b0" : "b") + std::to_string(number);
    }
    static std::string address_of(int number) { return "10.0.0." + std::to_string(number); }

    void join(int count, int applications = 1) {
        shops = make_applications("shop", applications);
        for (int i = 1; i <= count; ++i) hear(Change::Joined, i);
        pass(1s);
    }
    void hear(Change change, int number) {
        sight.handle_event(
            now,
            event_of(change, name_of(number), address_of(number),
                     encode_metadata(Role::Backend, shops, {.conditions = conditions})->bytes));
        pump();
    }
    void doubt(int number) {
        sight.handle_doubt(now, name_of(number));
        pump();
    }
    /// What hosts answer from now on; a silence is told after as long as a driver waits.
    void set(int number, PortAnswer answer) { answers[*parse_ip(address_of(number))] = answer; }
    void pump() {
        while (const auto action = sight.poll_action()) {
            std::visit(
                Overloaded{
                    [&](const ProbePort& probe) {
                        ++probes;
                        waiting.emplace_back(now + wait_of(probe), probe);
                    },
                    [&](const Forward& forward) { registry.handle_event(now, forward.event); },
                    [&](const Missing& lost) {
                        registry.handle_unavailable(now, lost.member_name, lost.endpoint,
                                                    lost.reason, lost.stays);
                    },
                    [&](const Back& back) {
                        registry.handle_available(now, back.member_name, back.endpoint);
                    },
                    [&](const GuardTurned& turned) { EXPECT_EQ(turned.holds, sight.guards()); }},
                *action);
        }
    }
    void pass(Duration time) {
        const Instant until = now + time;
        for (;;) {
            Instant next = std::min(sight.next_deadline(), registry.next_deadline());
            for (const auto& [at, probe] : waiting) next = std::min(next, at);
            if (next > until) break;
            now = std::max(now, next);
            const auto due =
                std::ranges::find_if(waiting, [&](const auto& w) { return w.first <= now; });
            if (due != waiting.end()) {
                const ProbePort probe = due->second;
                waiting.erase(due);
                sight.handle_probed(now, probe, answer_of(probe));
            } else {
                sight.handle_deadline(now);
            }
            pump();
            if (registry.next_deadline() <= now) registry.handle_deadline(now);
        }
        now = until;
    }
    [[nodiscard]] PortAnswer answer_of(const ProbePort& probe) const {
        Endpoint host = probe.endpoint;
        host.port = 0;
        const auto known = answers.find(host);
        return known == answers.end() ? PortAnswer::Open : known->second;
    }
    [[nodiscard]] Duration wait_of(const ProbePort& probe) const {
        return answer_of(probe) == PortAnswer::Silent ? Duration{600ms} : Duration{1ms};
    }
    [[nodiscard]] std::size_t routed() const {
        const auto& routes = registry.table().routes;
        return routes.empty() ? 0 : routes.front().upstreams.size();
    }
    [[nodiscard]] std::string note(int number) const {
        for (const Standing& each : registry.standings()) {
            if (each.member_name == name_of(number)) return each.note;
        }
        return "unknown";
    }

    Instant now{};
    std::vector<Application> shops;
    Conditions conditions;
    Registry registry;
    Sight sight{{}, registry};
    std::map<Endpoint, PortAnswer> answers;
    std::vector<std::pair<Instant, ProbePort>> waiting;
    int probes = 0;
};

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
