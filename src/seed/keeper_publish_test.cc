// The publish loop, and both loops under chance.
#include <gtest/gtest.h>

#include <utility>

#include "base/random.h"
#include "seed/keeper_desk.h"

namespace scrimp::seed {
namespace {

using namespace std::chrono_literals;

TEST(KeeperPublishing, starts_at_once_and_goes_on_every_period_plus_jitter) {
    Desk desk(balancer());
    EXPECT_EQ(desk.begin(), (Actions{PublishSelf{}, FetchSeeds{}}));
    desk.fetched({one});
    desk.joined(1);
    desk.lonely(false);
    EXPECT_EQ(desk.keeper.next_deadline(), never) << "one publish at a time";
    Duration shortest = 1h;
    Duration longest{};
    for (int i = 0; i < 200; ++i) {
        desk.published();
        const Duration waited = desk.wait();
        shortest = std::min(shortest, waited);
        longest = std::max(longest, waited);
        ASSERT_EQ(desk.begin(), Actions{PublishSelf{}});
    }
    EXPECT_GE(shortest, 60s);
    EXPECT_LT(shortest, 61s);
    EXPECT_GT(longest, 64s);
    EXPECT_LT(longest, 65s);
}

/// A balancer that is not lonely, its first publish under way, without jitter.
struct SettledDesk : Desk {
    SettledDesk() : Desk(config()) {
        begin();
        lonely(false);
        fetched({});
    }
    static KeeperConfig config() {
        KeeperConfig made = balancer();
        made.publish_jitter = 0s;
        return made;
    }
};

TEST(KeeperPublishing, happens_on_the_dot_when_the_jitter_is_zero) {
    SettledDesk desk;
    desk.published();
    EXPECT_EQ(desk.wait(), 60s);
}

TEST(KeeperPublishing, comes_later_for_each_failure_in_a_row_up_to_a_bound) {
    SettledDesk desk;
    desk.published();
    for (int failures = 1; failures <= 200; ++failures) {
        desk.next();
        desk.published(false);
        EXPECT_EQ(desk.keeper.next_deadline() - desk.now,
                  60s + std::min<Duration>(failures * 5s, 300s));
    }
    desk.next();
    desk.published();
    EXPECT_EQ(desk.wait(), 60s);
}

TEST(KeeperPublishing, does_not_wait_a_period_before_its_first_success) {
    SettledDesk desk;
    for (int failures = 1; failures <= 20; ++failures) {
        desk.published(false);
        EXPECT_EQ(desk.wait(), std::min<Duration>(failures * 5s, 60s));
        desk.begin();
    }
}

TEST(KeeperPublishing, goes_on_whether_lonely_or_not) {
    Desk desk(balancer());
    desk.begin();
    desk.published();
    desk.fetched({});
    int publishes = 0;
    while (desk.now < Instant(1h + 10min)) {
        for (const KeeperAction& action : desk.next()) {
            if (action == KeeperAction(FetchSeeds{})) desk.fetched({self});
            if (action == KeeperAction(PublishSelf{})) {
                ++publishes;
                desk.published();
            }
        }
    }
    EXPECT_EQ(publishes, 9);
}

TEST(KeeperPublishing, is_not_for_those_who_have_nowhere_to_publish) {
    Desk desk(backend());
    EXPECT_EQ(desk.begin(), Actions{FetchSeeds{}});
    desk.lonely(false);
    desk.fetched({});
    EXPECT_EQ(desk.keeper.next_deadline(), never);
}

TEST(KeeperPublishing, is_not_disturbed_by_deadlines_that_are_early_or_late) {
    Desk desk(balancer());
    desk.begin();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(desk.begin(), Actions{});
    desk.published();
    desk.fetched({});
    desk.now += 24h;
    EXPECT_EQ(desk.begin(), (Actions{PublishSelf{}, FetchSeeds{}}));
}

/// Plays the world by chance and checks every promise the contract makes about actions.
struct Storm {
    explicit Storm(std::uint64_t seed) : random(seed), desk(config(), seed) {}

    Random random;
    Desk desk;
    bool fetching = false;
    bool joining = false;
    bool publishing = false;

    KeeperConfig config() {
        KeeperConfig made = balancer();
        if (random.chance(0.5)) made.remembered = {two};
        return made;
    }

    void step() {
        const std::uint64_t what = random.below(7);
        if (what == 0 && std::exchange(fetching, false)) {
            desk.keeper.handle_fetched(desk.now, Seeds{one, two, self});
        } else if (what == 1 && std::exchange(fetching, false)) {
            desk.keeper.handle_fetched(desk.now, fail("x"));
        } else if (what == 2 && std::exchange(joining, false)) {
            desk.keeper.handle_joined(desk.now, random.chance(0.3) ? 1 : 0, 1, "x");
        } else if (what == 3 && std::exchange(publishing, false)) {
            desk.keeper.handle_published(desk.now, {});
        } else if (what == 4) {
            desk.keeper.handle_lonely(desk.now, random.chance(0.8));
        } else {
            desk.now += random.below(Duration(2s));
            if (desk.keeper.next_deadline() <= desk.now) desk.keeper.handle_deadline(desk.now);
        }
        for (const KeeperAction& action : desk.take()) std::visit(*this, action);
    }

    void operator()(FetchSeeds) { EXPECT_FALSE(std::exchange(fetching, true)); }
    void operator()(PublishSelf) { EXPECT_FALSE(std::exchange(publishing, true)); }
    void operator()(const JoinSeeds& join) {
        EXPECT_FALSE(std::exchange(joining, true));
        EXPECT_FALSE(join.seeds.empty());
        EXPECT_LE(join.seeds.size(), join_batch_max);
        EXPECT_EQ(std::ranges::count(join.seeds, self), 0);
    }
    void operator()(const MeetSeeds& meet) {
        EXPECT_FALSE(meet.seeds.empty());
        EXPECT_LE(meet.seeds.size(), join_batch_max);
        EXPECT_EQ(std::ranges::count(meet.seeds, self), 0);
    }
    void operator()(const Waiting& waiting) {
        EXPECT_FALSE(waiting.reason.empty());
        EXPECT_LE(waiting.next_try, 5s);
    }

    /// With every answer given, who is lonely tries again within the longest wait.
    void finish() {
        desk.keeper.handle_lonely(desk.now, true);
        for (int i = 0; i < 10 && (fetching || joining); ++i) {
            if (std::exchange(fetching, false)) desk.keeper.handle_fetched(desk.now, Seeds{});
            if (std::exchange(joining, false)) desk.keeper.handle_joined(desk.now, 0, 1, "x");
            for (const KeeperAction& action : desk.take()) std::visit(*this, action);
        }
        EXPECT_FALSE(fetching || joining);
        EXPECT_LE(desk.keeper.next_deadline() - desk.now, 5s);
    }
};

TEST(KeeperStorm, keeps_every_promise_under_any_order_of_answers) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        Storm storm(seed);
        for (int i = 0; i < 300; ++i) storm.step();
        storm.finish();
        if (::testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace scrimp::seed
