// A balancer in company looks into the seeds now and then: halves that each have one meet again.
#include <gtest/gtest.h>

#include "seed/keeper.h"
#include "seed/keeper_desk.h"

namespace scrimp::seed {
namespace {

using namespace std::chrono_literals;

/// In company, its first publish under way for ever.
struct LookingDesk : Desk {
    explicit LookingDesk(bool publishes = true) : Desk(config(publishes)) {
        begin();
        fetched({one});
        joined(1);
        lonely(false);
    }
    static KeeperConfig config(bool publishes) {
        KeeperConfig made{.fetches = true, .publishes = publishes, .self = self};
        made.publish_period = 24h;
        return made;
    }
};

TEST(KeeperLooking, balancers_in_company_meet_whom_the_seeds_name_within_a_minute) {
    LookingDesk desk;
    for (int i = 0; i < 20; ++i) {
        const Duration waited = desk.wait();
        EXPECT_GT(waited, 40s - 1ms);
        EXPECT_LE(waited, 50s);
        EXPECT_EQ(desk.begin(), Actions{FetchSeeds{}});
        EXPECT_EQ(desk.fetched({one, self, two}), (Actions{MeetSeeds{{two, one}}}));
    }
}

TEST(KeeperLooking, begins_soon_after_the_first_publication_and_only_that) {
    LookingDesk desk;
    desk.published();
    EXPECT_EQ(desk.wait(), 5s);
    EXPECT_EQ(desk.begin(), Actions{FetchSeeds{}});
    EXPECT_EQ(desk.fetched({self, two}), (Actions{MeetSeeds{{two}}}));
    EXPECT_GT(desk.wait(), 40s - 1ms);
}

TEST(KeeperLooking, asks_a_slow_store_once_and_forgives_a_broken_one) {
    LookingDesk desk;
    EXPECT_EQ(desk.next(), Actions{FetchSeeds{}});
    EXPECT_EQ(desk.next(), Actions{}) << "the first is still under way";
    EXPECT_EQ(desk.fetch_failed(), Actions{});
    EXPECT_EQ(desk.next(), Actions{FetchSeeds{}});
    EXPECT_EQ(desk.fetched({self}), Actions{}) << "nobody but us";
}

TEST(KeeperLooking, is_not_for_backends_which_are_lonely_without_a_balancer) {
    LookingDesk desk(false);
    EXPECT_EQ(desk.keeper.next_deadline(), never);
}

TEST(KeeperLooking, is_joining_while_lonely) {
    LookingDesk desk;
    desk.lonely(true);
    EXPECT_EQ(desk.next(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
    desk.joined(0);
    EXPECT_EQ(desk.fetched({one, two}), Actions{JoinSeeds{{two}}});
}

}  // namespace
}  // namespace scrimp::seed
