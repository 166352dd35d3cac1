// One name, two addresses: who holds it, who waits, and whom an accusation hits.
#include "swim/rules_test.h"

namespace scrimp::swim {
namespace {

using Claims = Rules;

TEST_F(Claims, a_living_members_name_cannot_be_taken) {
    meet("x", 1);
    (void)changes();
    meet("x", 9, 3);
    EXPECT_EQ(state("x"), "alive 1");
    EXPECT_EQ(changes(), "conflict");
    meet("x", 9, 3);
    EXPECT_EQ(changes(), "") << "reported once a second";
    now += seconds{1};
    meet("x", 9, 3);
    EXPECT_EQ(changes(), "conflict");
}

TEST_F(Claims, a_left_members_name_can_be_taken_even_with_a_lower_incarnation) {
    meet("x", 5);
    rules.handle_dead(now, {5, "x", "x"});
    meet("x", 1, 3);
    EXPECT_EQ(state("x"), "alive 1");
    EXPECT_EQ(changes(), "joined left joined");
}

TEST_F(Claims, a_claim_to_a_held_name_is_settled_when_the_holder_dies) {
    meet("x", 5);
    meet("x", 1, 3);
    rules.handle_dead(now, {5, "x", "y"});
    EXPECT_EQ(state("x"), "alive 1");
    EXPECT_EQ(body.roster.find("x")->profile->endpoint.text(), "10.0.0.3:7946");
    EXPECT_EQ(changes(), "joined conflict failed joined");
}

TEST_F(Claims, a_claim_grows_old) {
    meet("x", 5);
    meet("x", 1, 3);
    now += seconds{61};
    rules.handle_dead(now, {5, "x", "y"});
    EXPECT_EQ(state("x"), "dead 5");
}

TEST_F(Claims, our_name_claimed_from_elsewhere_is_a_conflict) {
    meet("self", 9, 3);
    EXPECT_EQ(state("self"), "alive 1");
    EXPECT_EQ(changes(), "conflict");
}

/// x lived at host 2 until incarnation 3 and began anew at host 3; a slower peer still repeats the
/// first life.
class SecondLife : public Rules {
  protected:
    void SetUp() override {
        meet("x", 1, 3);
        meet("x", 3, 2);
        (void)changes();
        (void)news();
    }
    std::string address() { return body.roster.find("x")->profile->endpoint.text(); }
};

TEST_F(SecondLife, is_not_ended_by_the_death_of_the_first) {
    rules.handle_dead(now, {3, "x", "y"});
    EXPECT_EQ(state("x"), "alive 1");
    EXPECT_EQ(address(), "10.0.0.3:7946");
    EXPECT_EQ(changes(), "");
    EXPECT_EQ(std::get<wire::Dead>(news().at(0)), (wire::Dead{3, "x", "y"}))
        << "others may still believe in the first life, and the second has to hear it";
}

TEST_F(SecondLife, stays_when_others_repeat_the_accusation_or_the_first_life) {
    rules.handle_suspect(now, {3, "x", "y"});
    EXPECT_EQ(news().size(), 1u);
    rules.handle_suspect(now, {3, "x", "z"});
    EXPECT_TRUE(news().empty());
    rules.handle_dead(now, {3, "x", "y"});
    EXPECT_EQ(news().size(), 1u);
    meet("x", 3, 2);
    rules.handle_dead(now, {3, "x", "z"});
    ASSERT_TRUE(rules.merge(now, {remote("x", 3, State::Dead)}));
    EXPECT_TRUE(news().empty());
    EXPECT_EQ(state("x"), "alive 1");
    EXPECT_EQ(changes(), "");
    EXPECT_EQ(rules.next_deadline(), never);
}

TEST_F(SecondLife, refutes_what_was_said_of_the_first_and_is_believed) {
    Profile profile{"x", *parse_endpoint("10.0.0.3:7946"), false, {}, {1, 5, 2, 0, 0, 0}};
    Body second{
        Config{}, {}, Random(1), Roster({intern(profile), 1, State::Alive, Instant{}}), Health(8)};
    Membership itself(second);
    rules.handle_dead(now, {3, "x", "y"});
    itself.handle_dead(now, std::get<wire::Dead>(news().at(0)));
    std::vector<Bytes> told;
    second.news.draw(1000, 1, 1, told);
    rules.handle_alive(now, std::get<wire::Alive>(*wire::decode_message(told.at(0))));
    EXPECT_EQ(state("x"), "alive 4");
    rules.handle_dead(now, {3, "x", "z"});
    EXPECT_EQ(state("x"), "alive 4") << "now it is old";
    EXPECT_EQ(changes(), "");
}

TEST_F(SecondLife, does_not_bring_back_the_first_when_it_ends_too) {
    rules.handle_dead(now, {3, "x", "y"});
    rules.handle_dead(now, {1, "x", "y"});
    EXPECT_EQ(state("x"), "dead 1");
    EXPECT_EQ(address(), "10.0.0.3:7946");
    EXPECT_EQ(changes(), "failed");
}

TEST_F(SecondLife, gives_way_to_a_claimant_that_refuted_its_death) {
    rules.handle_dead(now, {3, "x", "y"});
    meet("x", 4, 2);
    rules.handle_dead(now, {1, "x", "y"});
    EXPECT_EQ(state("x"), "alive 4");
    EXPECT_EQ(address(), "10.0.0.2:7946");
}

TEST_F(SecondLife, ends_by_an_accusation_of_no_claimants_incarnation) {
    rules.handle_dead(now, {2, "x", "y"});
    EXPECT_EQ(changes(), "failed joined");
}

TEST_F(Claims, old_ones_make_room_for_new_ones) {
    for (int i = 0; i < 65; ++i) {
        meet("x" + std::to_string(i), 1, 2);
        meet("x" + std::to_string(i), 1, 3);
    }
    rules.handle_dead(now, {1, "x64", "y"});
    EXPECT_EQ(state("x64"), "dead 1") << "64 are kept";
    now += seconds{61};
    meet("x63", 1, 3);
    meet("x64", 1, 3);
    EXPECT_EQ(state("x64"), "alive 1");
    rules.handle_dead(now, {1, "x63", "y"});
    EXPECT_EQ(state("x63"), "alive 1");
    rules.handle_dead(now, {1, "x0", "y"});
    EXPECT_EQ(state("x0"), "dead 1");
}

}  // namespace
}  // namespace scrimp::swim
