#include "swim/single_node_test.h"

namespace scrimp::swim {
namespace {

using std::chrono::seconds;

Member member(std::string name, int host, State state = State::Alive) {
    Profile profile{std::move(name), at_host(host), false, {}, {1, 5, 2, 0, 0, 0}};
    return {std::make_shared<const Profile>(std::move(profile)), 3, state, {}};
}

class Adopting : public SingleNode {
  protected:
    std::string names() const {
        std::string text;
        for (const Member& known : node->members()) {
            text += (text.empty() ? "" : ", ") + known.profile->name;
        }
        return text;
    }
};

TEST_F(Adopting, takes_over_who_lives_and_says_nothing_of_it) {
    node->adopt(now, std::vector{member("c", 4), member("a", 2), member("b", 3, State::Dead),
                                 member("d", 5, State::Suspect)});
    take();
    EXPECT_TRUE(actions.empty());
    EXPECT_EQ(names(), "a, c, d, self");
    EXPECT_EQ(node->alive_count(), 4U);
    for (const Member& known : node->members()) EXPECT_EQ(known.state, State::Alive);
    EXPECT_EQ(node->members()[0].incarnation, 3U);
    EXPECT_EQ(node->self().profile->name, "self");
}

TEST_F(Adopting, leaves_alone_whom_it_knows_and_itself) {
    hear({alive("a", 2, 7)});
    node->adopt(now,
                std::vector{member("a", 8), member("b", 3), member("b", 4), member("self", 9)});
    EXPECT_EQ(names(), "a, b, self");
    EXPECT_EQ(node->members()[0].incarnation, 7U);
    EXPECT_EQ(node->members()[1].profile->endpoint, at_host(3));
    EXPECT_EQ(node->self().profile->endpoint, at_host(1));
    EXPECT_EQ(node->self().incarnation, 1U);
}

TEST_F(Adopting, keeps_the_limit_on_members) {
    config.members_max = 3;
    restart();
    node->adopt(now, std::vector{member("a", 2), member("b", 3), member("c", 4)});
    EXPECT_EQ(names(), "a, b, self");
    EXPECT_EQ(node->alive_count(), 3U);
}

TEST_F(Adopting, probes_whom_it_has_adopted_and_finds_out_who_is_gone) {
    config.heeds_refused_packets = false;
    restart();
    node->adopt(now, std::vector{member("a", 2)});
    for (int i = 0; i < 60 && node->alive_count() > 1; ++i) until_it_acts();
    EXPECT_EQ(node->alive_count(), 1U);
}

}  // namespace
}  // namespace scrimp::swim
