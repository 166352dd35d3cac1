// The rules of docs/protocol.md section 11, each as a sentence.
#include "swim/membership.h"

#include "swim/announcement.h"
#include "swim/rules_test.h"

namespace scrimp::swim {
namespace {

TEST_F(Rules, a_stranger_that_lives_joins_and_is_gossiped) {
    meet("x", 1);
    EXPECT_EQ(state("x"), "alive 1");
    EXPECT_EQ(changes(), "joined");
    const auto told = news();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(std::get<wire::Alive>(told[0]), alive("x", 1));
}

TEST_F(Rules, alive_needs_a_higher_incarnation_to_be_news) {
    meet("x", 2);
    (void)news();
    meet("x", 2);
    meet("x", 1);
    EXPECT_TRUE(news().empty());
    rules.handle_alive(now, alive("x", 3, 2, "meta"));
    EXPECT_EQ(state("x"), "alive 3");
    EXPECT_EQ(changes(), "joined updated");
}

TEST_F(Rules, alive_that_changes_nothing_is_gossiped_but_no_event) {
    meet("x", 1);
    (void)changes();
    (void)news();
    meet("x", 2);
    EXPECT_EQ(changes(), "");
    EXPECT_EQ(news().size(), 1u);
}

TEST_F(Rules, addresses_are_compared_normalised_and_relayed_as_they_came) {
    meet("x", 1);
    wire::Alive mapped = alive("x", 2);
    mapped.address = parse_hex("00000000000000000000ffff0a000002");
    rules.handle_alive(now, mapped);
    EXPECT_EQ(state("x"), "alive 2");
    EXPECT_EQ(std::get<wire::Alive>(news().at(0)), mapped);
    EXPECT_EQ(state_of(*body.roster.find("x")).address, mapped.address);
}

TEST_F(Rules, suspicion_starts_is_gossiped_and_ends_in_death) {
    meet("x", 1);
    rules.handle_suspect(now, {1, "x", "y"});
    EXPECT_EQ(state("x"), "suspect 1");
    EXPECT_EQ(std::get<wire::Suspect>(news().at(0)), (wire::Suspect{1, "x", "y"}));
    rules.handle_deadline(rules.next_deadline() - milliseconds{1});
    EXPECT_EQ(state("x"), "suspect 1");
    rules.handle_deadline(rules.next_deadline());
    EXPECT_EQ(state("x"), "dead 1");
    EXPECT_EQ(changes(), "joined suspected failed");
    EXPECT_EQ(std::get<wire::Dead>(news().at(0)), (wire::Dead{1, "x", "self"}));
    EXPECT_EQ(rules.next_deadline(), never);
}

TEST_F(Rules, too_small_a_cluster_waits_for_no_confirmation) {
    meet("x", 1);
    rules.handle_suspect(now, {1, "x", "y"});
    EXPECT_EQ(rules.next_deadline(), now + seconds{4}) << "suspicion_mult intervals";
}

TEST_F(Rules, confirmations_shorten_a_suspicion_and_are_gossiped_on) {
    for (const char* name : {"x", "y", "z"}) meet(name, 1);
    (void)news();
    rules.handle_suspect(now, {1, "x", "y"});
    EXPECT_EQ(rules.next_deadline(), now + seconds{24});
    (void)news();
    rules.handle_suspect(now, {1, "x", "y"});
    EXPECT_TRUE(news().empty());
    rules.handle_suspect(now, {1, "x", "z"});
    EXPECT_EQ(std::get<wire::Suspect>(news().at(0)), (wire::Suspect{1, "x", "z"}));
    rules.handle_suspect(now, {1, "x", "self"});
    EXPECT_EQ(rules.next_deadline(), now + seconds{4});
    EXPECT_EQ(changes(), "joined joined joined suspected");
}

TEST_F(Rules, an_old_suspicion_is_ignored_and_a_higher_incarnation_recovers) {
    meet("x", 3);
    rules.handle_suspect(now, {2, "x", "y"});
    EXPECT_EQ(state("x"), "alive 3");
    rules.handle_suspect(now, {3, "x", "y"});
    meet("x", 3);
    EXPECT_EQ(state("x"), "suspect 3");
    rules.handle_alive(now, alive("x", 4, 2, "new"));
    EXPECT_EQ(state("x"), "alive 4");
    EXPECT_EQ(changes(), "joined suspected recovered updated");
    EXPECT_EQ(rules.next_deadline(), never);
}

TEST_F(Rules, strangers_are_neither_suspected_nor_dead) {
    rules.handle_suspect(now, {1, "x", "y"});
    rules.handle_dead(now, {1, "x", "y"});
    EXPECT_EQ(state("x"), "unknown");
    EXPECT_TRUE(news().empty());
}

TEST_F(Rules, the_dead_are_neither_suspected_nor_dead_again) {
    meet("x", 1);
    rules.handle_dead(now, {1, "x", "y"});
    (void)news();
    rules.handle_suspect(now, {2, "x", "y"});
    rules.handle_dead(now, {2, "x", "y"});
    EXPECT_EQ(state("x"), "dead 1");
    EXPECT_TRUE(news().empty());
    meet("x", 1);
    EXPECT_EQ(state("x"), "dead 1");
    meet("x", 2);
    EXPECT_EQ(changes(), "joined failed joined");
}

TEST_F(Rules, an_event_of_death_carries_the_last_profile) {
    rules.handle_alive(now, alive("x", 1, 2, "meta"));
    rules.handle_dead(now, {1, "x", "x"});
    const auto& event = std::get<MemberEvent>(body.actions.back());
    EXPECT_EQ(event.change, Change::Left);
    EXPECT_EQ(event.member.state, State::Left);
    EXPECT_EQ(text_of(event.member.profile->metadata), "meta");
}

TEST_F(Rules, we_refute_suspicion_and_death_with_a_higher_incarnation) {
    rules.handle_suspect(now, {1, "self", "y"});
    EXPECT_EQ(state("self"), "alive 2");
    rules.handle_dead(now, {7, "self", "y"});
    EXPECT_EQ(state("self"), "alive 8");
    rules.handle_dead(now, {8, "self", "self"});
    EXPECT_EQ(state("self"), "alive 9");
    rules.handle_suspect(now, {3, "self", "y"});
    EXPECT_EQ(state("self"), "alive 9") << "old accusations are ignored";
    const auto told = news();
    ASSERT_EQ(told.size(), 1u) << "the newest says it all";
    EXPECT_EQ(std::get<wire::Alive>(told[0]).incarnation, 9u);
    EXPECT_EQ(body.health.score(), 3);
    EXPECT_EQ(body.stats.refutations, 3u);
    EXPECT_EQ(changes(), "");
}

TEST_F(Rules, we_refute_what_an_earlier_life_said) {
    rules.handle_alive(now, alive("self", 1, 1));
    EXPECT_EQ(state("self"), "alive 1") << "our own words";
    rules.handle_alive(now, alive("self", 1, 1, "other"));
    EXPECT_EQ(state("self"), "alive 2");
    rules.handle_alive(now, alive("self", 6, 1));
    EXPECT_EQ(state("self"), "alive 7");
    EXPECT_TRUE(body.roster.self().profile->metadata.empty());
}

TEST_F(Rules, forged_incarnations_near_the_end_are_ignored) {
    meet("x", 1);
    for (const std::uint32_t forged : {0xffffffffu, incarnation_max + 1}) {
        rules.handle_suspect(now, {forged, "self", "y"});
        rules.handle_dead(now, {forged, "self", "y"});
        rules.handle_dead(now, {forged, "x", "y"});
        rules.handle_suspect(now, {forged, "x", "y"});
        rules.handle_alive(now, alive("x", forged));
        rules.handle_alive(now, alive("self", forged, 1));
    }
    EXPECT_EQ(state("self"), "alive 1");
    EXPECT_EQ(state("x"), "alive 1");
    EXPECT_EQ(body.stats.announcements_refused, 12u);
    rules.handle_suspect(now, {incarnation_max - 1, "self", "y"});
    EXPECT_EQ(body.roster.self().incarnation, incarnation_max) << "the last that can be outbid";
    rules.handle_alive(now, alive("self", incarnation_max, 1, "forged"));
    EXPECT_EQ(body.roster.self().incarnation, incarnation_max) << "it never wraps";
}

TEST_F(Rules, once_we_left_nothing_calls_us_back) {
    meet("x", 1);
    rules.leave(now);
    EXPECT_EQ(state("self"), "left 1");
    EXPECT_FALSE(rules.goodbye_told());
    rules.handle_alive(now, alive("self", 9, 1));
    rules.handle_suspect(now, {9, "self", "y"});
    rules.handle_dead(now, {9, "self", "y"});
    EXPECT_EQ(state("self"), "left 1");
    (void)news();
    EXPECT_TRUE(rules.goodbye_told());
}

TEST_F(Rules, merging_believes_life_and_leaving_but_only_suspects_death) {
    meet("x", 1);
    meet("y", 1);
    meet("z", 1);
    (void)changes();
    ASSERT_TRUE(rules.merge(now, {remote("w", 4, State::Alive), remote("x", 1, State::Dead),
                                  remote("y", 1, State::Left), remote("z", 1, State::Suspect),
                                  remote("stranger", 1, State::Dead)}));
    EXPECT_EQ(state("w"), "alive 4");
    EXPECT_EQ(state("x"), "suspect 1");
    EXPECT_EQ(state("y"), "left 1");
    EXPECT_EQ(state("z"), "suspect 1");
    EXPECT_EQ(state("stranger"), "unknown");
    EXPECT_EQ(changes(), "joined suspected left suspected");
}

TEST_F(Rules, a_merge_with_one_misfit_merges_nothing) {
    wire::NodeState misfit = remote("m", 1, State::Dead);
    misfit.versions = parse_hex("010509000000");
    const auto merged = rules.merge(now, {remote("x", 1, State::Alive), misfit});
    ASSERT_FALSE(merged);
    EXPECT_EQ(merged.error().message, "member 'm' speaks protocol version 9, the cluster 1 to 5");
    EXPECT_EQ(state("x"), "unknown");
    EXPECT_EQ(body.stats.merges_refused, 1u);
    wire::NodeState serf = remote("s", 1, State::Alive);
    serf.versions = parse_hex("010502020505");
    EXPECT_FALSE(rules.merge(now, {serf}));
    serf.versions.reset();
    EXPECT_FALSE(rules.merge(now, {serf})) << "no version is version 0";
}

TEST_F(Rules, impossible_members_are_refused_at_the_door) {
    std::vector<wire::Alive> impossible(9, alive("x", 1));
    impossible[0].node = "";
    impossible[1].node = std::string(256, 'n');
    impossible[2].address = Bytes(5);
    impossible[3].address.reset();
    impossible[4].port = 0;
    impossible[5].meta = Bytes(513);
    impossible[6].versions = parse_hex("050102000000");
    impossible[7].versions = parse_hex("010502020505");
    impossible[8].versions.reset();
    for (const wire::Alive& said : impossible) rules.handle_alive(now, said);
    wire::Alive nowhere = alive("x", 1);
    nowhere.address = Bytes(4);
    rules.handle_alive(now, nowhere);
    EXPECT_EQ(body.roster.size(), 1u);
    EXPECT_EQ(body.stats.announcements_refused, 10u);
    EXPECT_TRUE(news().empty());
}

TEST_F(Rules, an_alive_without_versions_leaves_those_we_know) {
    meet("x", 1);
    wire::Alive terse = alive("x", 2);
    terse.versions.reset();
    rules.handle_alive(now, terse);
    EXPECT_EQ(state("x"), "alive 2");
    EXPECT_EQ(body.roster.find("x")->profile->versions, (Versions{1, 5, 2, 0, 0, 0}));
}

TEST_F(Rules, an_endless_accuser_fits_no_packet_and_is_ignored) {
    meet("x", 1);
    (void)news();
    rules.handle_suspect(now, {1, "x", std::string(256, 'f')});
    rules.handle_dead(now, {1, "x", std::string(60'000, 'f')});
    EXPECT_EQ(state("x"), "alive 1");
    EXPECT_TRUE(news().empty());
}

TEST_F(Rules, our_metadata_is_told_under_a_new_incarnation_and_only_if_new) {
    rules.set_metadata(view_of("news"));
    EXPECT_EQ(state("self"), "alive 2");
    rules.set_metadata(view_of("news"));
    EXPECT_EQ(state("self"), "alive 2");
    EXPECT_EQ(std::get<wire::Alive>(news().at(0)).meta, to_bytes("news"));
}

TEST(RulesLimits, a_full_roster_takes_no_stranger) {
    Config config;
    config.members_max = 3;
    Profile profile{"self", *parse_endpoint("10.0.0.1:7946"), false, {}, {1, 5, 2, 0, 0, 0}};
    Body body{
        config, {}, Random(1), Roster({intern(profile), 1, State::Alive, Instant{}}), Health(8)};
    Membership rules(body);
    for (int i = 0; i < 100; ++i) {
        rules.handle_alive(
            Instant{},
            {1, std::to_string(i), *parse_hex("0a000002"), 7946, {}, *parse_hex("010502000000")});
    }
    EXPECT_EQ(body.roster.size(), 3u);
    EXPECT_EQ(body.stats.members_refused, 98u);
}

}  // namespace
}  // namespace scrimp::swim
