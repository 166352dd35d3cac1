// What a balancer's node tells beside the protocol.
#include "swim/single_node_test.h"

namespace scrimp::swim {
namespace {

Config telling() {
    Config config = lan_profile();
    config.tells_doubts = true;
    return config;
}

class Doubts : public SingleNode {
  protected:
    Doubts() : SingleNode(telling()) {}
    [[nodiscard]] std::string doubted() {
        std::string names;
        for (const Doubted& doubt : all<Doubted>()) names += doubt.member.profile->name + " ";
        actions.clear();
        return names;
    }
};

TEST_F(Doubts, are_told_when_a_ping_is_not_answered_and_before_any_suspicion) {
    hear({alive("n2", 2)});
    // A round begins within an interval, and without a measured round trip it is patient.
    advance(config.probe_interval + config.probe_timeout);
    const auto told = all<Doubted>();
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.front().member.profile->name, "n2");
    EXPECT_EQ(told.front().member.state, State::Alive);
}

TEST_F(Doubts, of_another_are_told_when_it_asks_for_help) {
    hear({alive("n2", 2), alive("n3", 3)});
    (void)doubted();
    hear({wire::IndirectPing{7, at_host(2).ip_bytes(), 7946, "n2", true, {}}}, 3);
    EXPECT_EQ(doubted(), "n2 ");
    hear({wire::IndirectPing{8, at_host(9).ip_bytes(), 7946, "self", true, {}}}, 3);
    hear({wire::IndirectPing{9, at_host(9).ip_bytes(), 7946, "nobody", true, {}}}, 3);
    EXPECT_EQ(doubted(), "");
}

class NoDoubts : public SingleNode {
  protected:
    NoDoubts() : SingleNode(lan_profile()) {}
};

TEST_F(NoDoubts, are_told_to_those_who_do_not_want_them) {
    hear({alive("n2", 2), alive("n3", 3)});
    hear({wire::IndirectPing{7, at_host(2).ip_bytes(), 7946, "n2", true, {}}}, 3);
    advance(seconds{3});
    EXPECT_TRUE(all<Doubted>().empty());
}

}  // namespace
}  // namespace scrimp::swim
