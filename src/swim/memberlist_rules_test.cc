// memberlist's own tests of its state machine and of what it answers (state_test.go and net_test.go
// of 0.2.2), those that no other test of ours says already. docs/proof.md says which of its tests
// is which of ours.
#include "swim/announcement.h"
#include "swim/rules_test.h"
#include "swim/single_node_test.h"

namespace scrimp::swim {
namespace {

// ---- state_test.go: rules -------------------------------------------------------------------

/// As TestMemberList_ProbeNode_Suspect_Dogpile: multiplier 5, so 3 confirmations, at most twice the
/// minimum, rounds of 100 ms. (603 ms, where its table says 604 and allows 25: its formula gives
/// this.)
TEST(MemberlistRules, a_dogpile_of_accusers_drives_the_timeout_down) {
    struct Case {
        int peers;
        int confirmations;
        milliseconds dead_after;
    };
    for (const Case& each : {Case{1, 0, milliseconds{500}}, Case{2, 0, milliseconds{500}},
                             Case{3, 0, milliseconds{500}}, Case{4, 0, milliseconds{1000}},
                             Case{5, 0, milliseconds{1000}}, Case{5, 1, milliseconds{750}},
                             Case{5, 2, milliseconds{603}}, Case{5, 3, milliseconds{500}},
                             Case{5, 4, milliseconds{500}}}) {
        Config config;
        config.probe_interval = milliseconds{100};
        config.suspicion_mult = 5;
        config.suspicion_max_timeout_mult = 2;
        config.confirmations = 3;
        const Instant start{seconds{100}};
        Profile self{"self", *parse_endpoint("10.0.0.1:7946"), false, {}, {1, 5, 2, 0, 0, 0}};
        Body body{config, {}, Random(1), Roster({intern(self), 1, State::Alive, start}), Health(8)};
        Membership rules(body);
        for (int peer = 0; peer < each.peers; ++peer) {
            Profile profile = self;
            profile.name = "peer" + std::to_string(peer);
            profile.endpoint = *parse_endpoint("10.0.1." + std::to_string(peer + 1) + ":7946");
            rules.handle_alive(start, alive_of({intern(profile), 1, State::Alive, start}));
        }
        rules.suspect_unanswered(start, "peer0", 1);
        for (int from = 0; from < each.confirmations; ++from) {
            rules.handle_suspect(start, {1, "peer0", "accuser" + std::to_string(from)});
        }
        EXPECT_EQ(rules.next_deadline(), start + each.dead_after)
            << each.peers << " peers, " << each.confirmations << " confirmations";
    }
}

TEST_F(Rules, memberlist_alive_is_idempotent_a_newer_word_changes_no_state) {
    meet("test", 1);
    const Instant changed_at = body.roster.find("test")->changed_at;
    (void)changes();
    (void)news();
    now += seconds{1};
    meet("test", 2);
    EXPECT_EQ(body.roster.find("test")->changed_at, changed_at);
    EXPECT_EQ(changes(), "");
    EXPECT_EQ(news().size(), 1u);
}

TEST_F(Rules, memberlist_a_second_suspicion_of_the_same_accuser_changes_nothing) {
    meet("test", 1);
    rules.handle_suspect(now, {1, "test", ""});
    const Instant changed_at = body.roster.find("test")->changed_at;
    (void)news();
    now += milliseconds{500};
    rules.handle_suspect(now, {1, "test", ""});
    EXPECT_EQ(body.roster.find("test")->changed_at, changed_at);
    EXPECT_TRUE(news().empty());
}

TEST_F(Rules, memberlist_an_old_death_kills_nobody) {
    meet("test", 10);
    rules.handle_dead(now, {1, "test", ""});
    EXPECT_EQ(state("test"), "alive 10");
}

/// As TestMemberList_MergeState, versions left out of the remote states as there.
TEST_F(Rules, memberlist_merge_state) {
    for (const int i : {1, 2, 3}) meet("test" + std::to_string(i), 1, i + 1);
    rules.handle_suspect(now, {1, "test1", ""});
    (void)changes();
    const auto said = [](int i, std::uint32_t incarnation, State state) {
        wire::NodeState node = remote("test" + std::to_string(i), incarnation, state);
        node.address = parse_ip("10.0.0." + std::to_string(i + 1))->ip_bytes();
        return node;
    };
    ASSERT_TRUE(rules.merge(now, {said(1, 2, State::Alive), said(2, 1, State::Suspect),
                                  said(3, 1, State::Dead), said(4, 2, State::Alive)}));
    EXPECT_EQ(state("test1"), "alive 2");
    EXPECT_EQ(state("test2"), "suspect 1");
    EXPECT_EQ(state("test3"), "suspect 1");
    EXPECT_EQ(state("test4"), "alive 2");
    EXPECT_EQ(changes(), "recovered suspected suspected joined")
        << "memberlist tells the join alone: it has no events for suspicions";
}

/// As TestMemberList_AliveNode_Conflict: the name is free again once its holder has been dead for
/// the reclaim time, and not before.
TEST(MemberlistRules, a_dead_members_name_is_reclaimed_after_its_time) {
    Config config;
    config.dead_address_hold = milliseconds{10};
    Instant now{seconds{100}};
    Profile self{"self", *parse_endpoint("10.0.0.1:7946"), false, {}, {1, 5, 2, 0, 0, 0}};
    Body body{config, {}, Random(1), Roster({intern(self), 1, State::Alive, now}), Health(8)};
    Membership rules(body);
    const auto claim = [&](const char* address, std::uint32_t incarnation) {
        rules.handle_alive(
            now, {incarnation, "test", parse_endpoint(address)->ip_bytes(),
                  parse_endpoint(address)->port, to_bytes("foo"), *parse_hex("010502000000")});
        return body.roster.find("test")->profile->endpoint.text();
    };
    EXPECT_EQ(claim("10.0.0.2:8000", 1), "10.0.0.2:8000");
    rules.handle_dead(now, {1, "test", ""});
    EXPECT_EQ(claim("10.0.0.3:9000", 2), "10.0.0.2:8000");
    EXPECT_EQ(body.roster.find("test")->state, State::Dead);
    now += milliseconds{10};
    EXPECT_EQ(claim("10.0.0.3:9000", 3), "10.0.0.3:9000");
    EXPECT_EQ(body.roster.find("test")->state, State::Alive);
}

// ---- state_test.go: TestVerifyProtocol ------------------------------------------------------

using Range = std::array<std::uint8_t, 3>;

/// `core`: the three stand for the protocol of memberlist, else for that of its user.
Versions versions_of(const Range& range, bool core) {
    if (core) return {range[0], range[1], range[2], 0, 0, 0};
    return {0, 0, 0, range[0], range[1], range[2]};
}

bool fit(const std::vector<Range>& local, const std::vector<Range>& remote, bool core) {
    const auto member = [&](std::size_t i) {
        Profile profile;
        profile.name = "local " + std::to_string(i);
        profile.versions = versions_of(local[i], core);
        return Member{intern(std::move(profile)), 1, State::Alive, Instant{}};
    };
    Body body{Config{}, {}, Random(1), Roster(member(0)), Health(8)};
    for (std::size_t i = 1; i < local.size(); ++i) body.roster.add(member(i), body.random);
    std::vector<wire::NodeState> states;
    for (const Range& range : remote) {
        wire::NodeState state;
        state.name = "remote " + std::to_string(states.size());
        state.versions.emplace();
        for (const std::uint8_t version : versions_of(range, core)) {
            append_u8(*state.versions, version);
        }
        states.push_back(std::move(state));
    }
    Membership rules(body);
    return rules.merge(Instant{}, std::move(states)).has_value();
}

TEST(MemberlistRules, versions_must_fit_in_both_directions_and_for_both_protocols) {
    struct Case {
        std::vector<Range> a;
        std::vector<Range> b;
        bool fits;
    };
    const std::vector<Case> cases{
        {{{0, 0, 0}}, {{0, 0, 0}}, true},
        {{{0, 0, 0}}, {{0, 1, 0}}, true},
        {{{0, 0, 0}}, {{1, 1, 1}}, false},
        {{{0, 1, 0}, {0, 2, 1}}, {{1, 3, 1}}, false},
        {{{0, 3, 2}, {0, 2, 0}}, {{0, 2, 1}, {0, 5, 0}}, true},
    };
    for (std::size_t i = 0; i < cases.size(); ++i) {
        for (const bool core : {true, false}) {
            EXPECT_EQ(fit(cases[i].a, cases[i].b, core), cases[i].fits) << i;
            EXPECT_EQ(fit(cases[i].b, cases[i].a, core), cases[i].fits) << i << " turned round";
        }
    }
}

// ---- state_test.go and net_test.go: packets -------------------------------------------------

class MemberlistNode : public SingleNode {
  protected:
    static wire::Alive of_protocol(std::string name, int host, const char* versions) {
        wire::Alive said = alive(std::move(name), host);
        said.versions = *parse_hex(versions);
        return said;
    }
    /// To the next ping of a probe to `host`; its question.
    std::uint32_t probed(int host) {
        for (int i = 0; i < 200; ++i) {
            until_it_acts();
            const auto said = said_to(host);
            if (const auto* ping = first<wire::Ping>(said)) return ping->seq_no;
        }
        ADD_FAILURE() << "no probe of host " << host;
        return 0;
    }
};

TEST_F(MemberlistNode, answers_each_ping_of_a_compound) {
    hear(std::vector<wire::Message>(3, wire::Ping{42, "", {at_host(7).ip_bytes(), 7946, "test"}}));
    const auto said = said_to(7);
    ASSERT_EQ(said.size(), 3u);
    for (const wire::Message& each : said) EXPECT_EQ(std::get<wire::Ack>(each).seq_no, 42u);
}

/// ProbeNode_Awareness_Degraded and _Improved.
TEST_F(MemberlistNode, probes_more_slowly_while_unwell_and_recovers_by_an_answer) {
    hear({alive("n2", 2)});
    hear({wire::Suspect{1, "self", "n2"}});
    ASSERT_EQ(node->stats().health_score, 1) << "to refute costs one";
    const std::uint32_t lost = probed(2);
    const Instant asked = now;
    while (node->stats().probes_failed == 0) {
        now = node->next_deadline();
        node->handle_deadline(now);
    }
    EXPECT_EQ(now - asked, 2 * config.probe_interval);
    const int unwell = node->stats().health_score;
    EXPECT_GE(unwell, 1);
    const std::uint32_t question = probed(2);
    EXPECT_NE(question, lost);
    hear({wire::Ack{question, {}}}, 2);
    EXPECT_EQ(node->stats().health_score, unwell - 1);
}

/// ProbeNode_Awareness_OldProtocol: peers below version 4 send no nacks, so a failed probe costs 1.
TEST_F(MemberlistNode, with_peers_too_old_for_nacks_a_failed_probe_costs_one) {
    for (const int host : {2, 3, 4}) {
        hear({of_protocol("n" + std::to_string(host), host, "010302000000")});
    }
    while (node->stats().probes_failed == 0) {
        now = node->next_deadline();
        node->handle_deadline(now);
    }
    EXPECT_EQ(node->stats().health_score, 1);
    for (const int host : {2, 3, 4}) {
        for (const wire::Message& said : said_to(host)) {
            const auto* asked = std::get_if<wire::IndirectPing>(&said);
            EXPECT_TRUE(asked == nullptr || !asked->nack);
        }
    }
}

/// ProbeNode_FallbackTCP_OldProtocol: below version 3 a peer does not answer pings by stream.
TEST_F(MemberlistNode, a_peer_too_old_for_pings_by_stream_is_not_dialled) {
    hear({of_protocol("n2", 2, "010202000000")});
    (void)probed(2);
    while (node->stats().probes_failed == 0) {
        now = node->next_deadline();
        node->handle_deadline(now);
    }
    EXPECT_TRUE(all<DialStream>().empty());
}

/// invokeAckHandler_Channel_Nack: a nack is no end, the ack may still come; after it nobody waits.
TEST_F(MemberlistNode, an_ack_after_a_nack_still_counts_and_only_once) {
    for (const int host : {2, 3}) hear({alive("n" + std::to_string(host), host)});
    const std::uint32_t question = probed(2);
    advance(config.probe_timeout);
    hear({wire::Nack{question}}, 3);
    hear({wire::Ack{question, {}}}, 3);
    hear({wire::Ack{question, {}}}, 3);
    advance(config.probe_interval - config.probe_timeout - milliseconds{1});
    EXPECT_EQ(node->stats().probes_failed, 0u);
    EXPECT_EQ(node->stats().health_score, 0);
}

/// TestMemberlist_GossipToDead.
TEST_F(MemberlistNode, gossips_to_the_dead_for_their_time_and_no_longer) {
    hear({alive("n2", 2), wire::Dead{1, "n2", "n3"}});
    until_it_acts();
    const auto told = said_to(2);
    ASSERT_NE(first<wire::Dead>(told), nullptr) << "one that is not dead learns of it and refutes";
    for (int i = 0; i < 100; ++i) until_it_acts();
    now += config.gossip_to_the_dead;
    actions.clear();
    hear({alive("n3", 3)});
    for (int i = 0; i < 5; ++i) advance(config.gossip_interval);
    for (const wire::Message& said : said_to(2)) {
        EXPECT_FALSE(std::holds_alternative<wire::Alive>(said));
    }
}

}  // namespace
}  // namespace scrimp::swim
