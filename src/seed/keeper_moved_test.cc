// A new address: the keeper begins again, under another self.
#include <gtest/gtest.h>

#include "seed/keeper_desk.h"

namespace scrimp::seed {
namespace {

using namespace std::chrono_literals;

const Endpoint elsewhere = at("10.0.9.9:9999");

TEST(KeeperMoved, joins_the_peers_it_is_given_and_publishes_at_once) {
    Desk desk(balancer());
    desk.begin();
    desk.fetched({one});
    desk.joined(1);
    desk.lonely(false);
    desk.published();
    desk.now += 20s;
    EXPECT_EQ(desk.moved(elsewhere, {one, two, elsewhere}), Actions{});
    EXPECT_EQ(desk.wait(), 0s);
    EXPECT_EQ(desk.begin(), (Actions{PublishSelf{}, FetchSeeds{}, JoinSeeds{{one, two}}}));
}

TEST(KeeperMoved, leaves_its_new_self_out_of_what_it_joins_and_not_its_old_one) {
    Desk desk(backend());
    desk.begin();
    desk.fetched({one, elsewhere});
    desk.joined(1);
    desk.lonely(false);
    desk.moved(elsewhere, {});
    // What was fetched before is as good as ever while the store is asked again.
    EXPECT_EQ(desk.begin(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
    desk.joined(0);
    EXPECT_EQ(desk.fetched({self, elsewhere}), (Actions{JoinSeeds{{self}}}));
}

TEST(KeeperMoved, forgets_a_join_under_way_and_awaits_a_fetch_under_way) {
    Desk desk({.fetches = true, .self = self, .remembered = {one}});
    EXPECT_EQ(desk.begin(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
    desk.moved(elsewhere, {one});
    EXPECT_EQ(desk.begin(), (Actions{JoinSeeds{{one}}})) << "one fetch at a time";
    desk.joined(1);
    desk.lonely(false);
    EXPECT_EQ(desk.fetched({two}), (Actions{JoinSeeds{{two}}}));
}

TEST(KeeperMoved, publishes_again_when_what_is_under_way_tells_where_it_was) {
    Desk desk(balancer());
    desk.begin();
    desk.fetched({});
    desk.moved(elsewhere, {});
    for (const KeeperAction& action : desk.begin()) {
        EXPECT_FALSE(std::holds_alternative<PublishSelf>(action)) << "one publish at a time";
    }
    desk.published();
    EXPECT_EQ(desk.wait(), 0s);
    EXPECT_EQ(desk.begin(), Actions{PublishSelf{}});
}

}  // namespace
}  // namespace scrimp::seed
