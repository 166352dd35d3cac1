#include "seed/keeper.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "seed/document.h"
#include "seed/keeper_desk.h"

namespace scrimp::seed {
namespace {

using namespace std::chrono_literals;

TEST(Keeper, fetches_and_joins_at_its_start) {
    Desk desk(backend());
    EXPECT_EQ(desk.keeper.next_deadline(), desk.now);
    EXPECT_EQ(desk.begin(), Actions{FetchSeeds{}});
    EXPECT_EQ(desk.fetched({one, two}), (Actions{JoinSeeds{{two, one}}}));
    EXPECT_EQ(desk.joined(2), Actions{});
    EXPECT_EQ(desk.lonely(false), Actions{});
    EXPECT_EQ(desk.keeper.next_deadline(), never);
}

TEST(Keeper, joins_remembered_peers_beside_the_fetch) {
    KeeperConfig config = backend();
    config.remembered = {one, self, one};
    Desk desk(config);
    EXPECT_EQ(desk.begin(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
    EXPECT_EQ(desk.fetched({one, two}), Actions{}) << "a join is under way";
    EXPECT_EQ(desk.joined(0), (Actions{JoinSeeds{{two}}})) << "one was tried in this round";
    EXPECT_NE(waiting_in(desk.joined(0)), nullptr);
}

TEST(Keeper, joins_remembered_peers_though_there_is_no_provider) {
    Desk desk({.self = self, .remembered = {one}});
    EXPECT_EQ(desk.begin(), (Actions{JoinSeeds{{one}}}));
    EXPECT_NE(waiting_in(desk.joined(0)), nullptr);
    EXPECT_EQ(desk.next(), (Actions{JoinSeeds{{one}}}));
}

TEST(Keeper, has_nothing_to_do_without_any_source) {
    Desk desk({.self = self, .remembered = {self}});
    EXPECT_EQ(desk.begin(), Actions{});
    EXPECT_EQ(desk.keeper.next_deadline(), never);
}

TEST(Keeper, drops_its_own_endpoint_but_not_another_port_of_its_host) {
    Desk desk(backend());
    desk.begin();
    const Endpoint neighbour = at("10.0.0.1:9998");
    EXPECT_EQ(desk.fetched({self, neighbour, neighbour}), (Actions{JoinSeeds{{neighbour}}}));
}

TEST(Keeper, joins_many_seeds_in_batches_newest_first) {
    Desk desk(backend());
    desk.begin();
    Seeds many;
    for (std::uint16_t port = 1; port <= 100; ++port) many.push_back(*parse_ip("10.0.0.9", port));
    Actions actions = desk.fetched(many);
    std::size_t asked = 0;
    std::uint16_t port = 100;
    while (!waiting_in(actions)) {
        ASSERT_EQ(actions.size(), 1u);
        const Seeds batch = std::get<JoinSeeds>(actions[0]).seeds;
        EXPECT_EQ(batch.size(), join_batch_max);
        for (const Endpoint& seed : batch) EXPECT_EQ(seed.port, port--);
        asked += batch.size();
        actions = desk.joined(0);
    }
    EXPECT_EQ(asked, seeds_max);
    EXPECT_EQ(waiting_in(actions)->reason, "none of 64 seeds answered (refused)");
}

TEST(Keeper, remembers_no_more_peers_than_it_joins_at_once) {
    KeeperConfig config{.self = self};
    for (std::uint16_t port = 1; port <= 99; ++port) {
        config.remembered.push_back(*parse_ip("10.0.0.9", port));
    }
    Desk desk(config);
    EXPECT_EQ(std::get<JoinSeeds>(desk.begin().at(0)).seeds.size(), join_batch_max);
    EXPECT_NE(waiting_in(desk.joined(0)), nullptr);
}

TEST(Keeper, backs_off_from_the_shortest_to_the_longest_wait_and_never_gives_up) {
    Desk desk(backend());
    desk.begin();
    Duration longest{};
    for (int round = 1; round <= 1000; ++round) {
        desk.fetched({one});
        desk.joined(0);
        const Duration waited = desk.wait();
        EXPECT_GE(waited, round > 5 ? Duration(2500ms) : Duration(250ms));
        EXPECT_LE(waited, round == 1 ? Duration(500ms) : Duration(5s));
        longest = std::max(longest, waited);
        ASSERT_EQ(desk.begin(), (Actions{FetchSeeds{}, JoinSeeds{{one}}})) << round;
    }
    EXPECT_GT(longest, 4900ms);
}

TEST(Keeper, waits_differently_with_a_different_seed_and_equally_with_the_same) {
    const auto waits = [](std::uint64_t seed) {
        Desk desk(backend(), seed);
        std::vector<Duration> all;
        desk.begin();
        for (int round = 0; round < 10; ++round) {
            desk.fetched({});
            all.push_back(desk.wait());
            desk.begin();
        }
        return all;
    };
    EXPECT_EQ(waits(7), waits(7));
    EXPECT_NE(waits(7), waits(8));
}

TEST(Keeper, says_why_it_waits_first_at_once_and_then_at_growing_distances) {
    Desk desk(backend());
    desk.begin();
    std::vector<int> told;
    for (int round = 1; round <= 300; ++round) {
        desk.fetched({one});
        const Actions actions = desk.joined(0);
        if (const Waiting* waiting = waiting_in(actions)) {
            told.push_back(waiting->attempts);
            EXPECT_EQ(waiting->reason, "none of 1 seeds answered (refused)");
            EXPECT_EQ(waiting->next_try, desk.keeper.next_deadline() - desk.now);
        }
        desk.next();
    }
    EXPECT_EQ(told, (std::vector<int>{1, 2, 4, 8, 16, 32, 64, 128, 192, 256}));
}

TEST(Keeper, joins_the_last_known_seeds_when_a_later_fetch_fails) {
    Desk desk(backend());
    desk.begin();
    desk.fetched({one});
    desk.joined(0);
    EXPECT_EQ(desk.next(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
    EXPECT_EQ(desk.fetch_failed(), Actions{});
    const Actions actions = desk.joined(0);
    ASSERT_NE(waiting_in(actions), nullptr);
    EXPECT_EQ(waiting_in(actions)->reason,
              "the seeds cannot be fetched: no such bucket; none of 1 seeds answered (refused)");
    EXPECT_EQ(desk.next(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
}

TEST(Keeper, says_when_the_store_fails_or_is_empty) {
    Desk desk(backend());
    desk.begin();
    const Actions failed = desk.fetch_failed();
    ASSERT_NE(waiting_in(failed), nullptr);
    EXPECT_EQ(waiting_in(failed)->reason, "the seeds cannot be fetched: no such bucket");
    EXPECT_TRUE(has_fetch(desk.next()));
    const Actions empty = desk.fetched({self});
    ASSERT_NE(waiting_in(empty), nullptr);
    EXPECT_EQ(waiting_in(empty)->reason, "no seed is published");
}

TEST(Keeper, forgets_seeds_that_the_store_no_longer_holds) {
    Desk desk(backend());
    desk.begin();
    desk.fetched({one});
    desk.joined(0);
    EXPECT_EQ(desk.next(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
    EXPECT_EQ(desk.fetched({two}), Actions{});
    EXPECT_EQ(desk.joined(0), (Actions{JoinSeeds{{two}}}));
    desk.joined(0);
    EXPECT_EQ(desk.next(), (Actions{FetchSeeds{}, JoinSeeds{{two}}}));
}

TEST(Keeper, joins_the_last_known_seeds_when_the_store_was_emptied) {
    Desk desk(backend());
    desk.begin();
    desk.fetched({one});
    desk.joined(0);
    EXPECT_EQ(desk.next(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
    EXPECT_EQ(desk.fetched({}), Actions{});
    desk.joined(0);
    EXPECT_EQ(desk.next(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
}

TEST(Keeper, is_not_orphaned_by_a_store_that_was_spoilt_while_it_had_members) {
    for (const bool emptied : {true, false}) {
        KeeperConfig config = backend();
        config.remembered = {two};
        Desk desk(config);
        desk.begin();
        desk.fetched({one});
        desk.joined(1);
        desk.joined(1);
        desk.lonely(false);
        EXPECT_EQ(desk.keeper.next_deadline(), never) << "with members it asks the store nothing";
        desk.lonely(true);
        EXPECT_EQ(desk.next(), (Actions{FetchSeeds{}, JoinSeeds{{two, one}}}));
        EXPECT_EQ(emptied ? desk.fetched({}) : desk.fetch_failed(), Actions{});
        desk.joined(0);
        EXPECT_EQ(desk.next(), (Actions{FetchSeeds{}, JoinSeeds{{two, one}}}));
    }
}

TEST(Keeper, keeps_joining_known_peers_while_the_store_hangs) {
    KeeperConfig config = backend();
    config.remembered = {one};
    Desk desk(config);
    EXPECT_EQ(desk.begin(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
    EXPECT_EQ(desk.joined(0), Actions{}) << "the store has its chance first";
    EXPECT_EQ(desk.wait(), 5s);
    const Actions actions = desk.begin();
    ASSERT_EQ(actions.size(), 2u);
    EXPECT_EQ(waiting_in(actions)->reason,
              "the seed store does not answer; none of 1 seeds answered (refused)");
    EXPECT_EQ(actions[1], KeeperAction(JoinSeeds{{one}})) << "and no second fetch";
    EXPECT_EQ(desk.fetched({two}), Actions{});
    EXPECT_EQ(desk.joined(0), (Actions{JoinSeeds{{two}}}));
}

TEST(Keeper, waits_for_a_join_that_outlasts_its_patience_with_the_store) {
    KeeperConfig config = backend();
    config.remembered = {one};
    Desk desk(config);
    desk.begin();
    EXPECT_EQ(desk.next(), Actions{});
    EXPECT_EQ(desk.next(), Actions{}) << "join and fetch are both under way";
    EXPECT_EQ(desk.joined(0), Actions{});
    EXPECT_NE(waiting_in(desk.next()), nullptr);
}

TEST(Keeper, goes_on_looking_when_it_reached_members_but_is_still_lonely) {
    Desk desk(backend());
    desk.begin();
    desk.fetched({one});
    EXPECT_EQ(desk.joined(1), Actions{}) << "the good news may be on its way";
    EXPECT_EQ(desk.next(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
    desk.fetched({one});
    const Actions actions = desk.joined(1);
    ASSERT_NE(waiting_in(actions), nullptr);
    EXPECT_EQ(waiting_in(actions)->reason, "joined, but no load balancer is among the members");
}

TEST(Keeper, stops_when_it_is_no_longer_lonely_whatever_is_under_way) {
    Desk desk(backend());
    desk.begin();
    desk.fetched({one, two});
    desk.lonely(false);
    EXPECT_EQ(desk.joined(0), Actions{});
    EXPECT_EQ(desk.keeper.next_deadline(), never);

    Desk later(backend());
    later.begin();
    later.fetched({});
    later.next();
    later.lonely(false);
    EXPECT_EQ(later.fetched({one}), Actions{});
    EXPECT_EQ(later.keeper.next_deadline(), never);
}

TEST(Keeper, plays_its_first_round_though_somebody_was_met_before) {
    KeeperConfig config = balancer();
    config.remembered = {one};
    Desk desk(config);
    desk.lonely(false);
    EXPECT_EQ(desk.begin(), (Actions{PublishSelf{}, FetchSeeds{}, JoinSeeds{{one}}}));
    EXPECT_EQ(desk.joined(0), Actions{});
    EXPECT_EQ(desk.fetched({two}), (Actions{JoinSeeds{{two}}}));
    EXPECT_EQ(desk.joined(0), Actions{});
    desk.published();
    EXPECT_GE(desk.wait(), 60s) << "nothing is left but to publish again";
}

TEST(Keeper, tries_the_seeds_in_its_first_round_though_a_remembered_peer_was_reached) {
    KeeperConfig config = balancer();
    config.remembered = {one};
    Desk desk(config);
    desk.begin();
    EXPECT_EQ(desk.joined(1), Actions{});
    desk.lonely(false);
    EXPECT_EQ(desk.fetched({two}), (Actions{JoinSeeds{{two}}}));
    EXPECT_EQ(desk.joined(1), Actions{});
}

TEST(Keeper, ends_its_first_round_when_all_were_tried) {
    Desk desk(backend());
    desk.begin();
    desk.lonely(false);
    EXPECT_EQ(desk.fetched({one}), (Actions{JoinSeeds{{one}}}));
    EXPECT_EQ(desk.joined(1), Actions{});
    EXPECT_EQ(desk.keeper.next_deadline(), never);
}

TEST(Keeper, ends_its_first_round_though_the_store_hangs) {
    Desk desk(backend());
    desk.begin();
    desk.lonely(false);
    EXPECT_EQ(desk.next(), Actions{});
    EXPECT_EQ(desk.keeper.next_deadline(), never);
}

TEST(Keeper, starts_afresh_soon_after_it_becomes_lonely_again) {
    Desk desk(backend());
    desk.begin();
    for (int round = 0; round < 20; ++round) {
        desk.fetched({one});
        desk.joined(0);
        desk.next();
    }
    desk.fetched({one});
    desk.joined(1);
    desk.lonely(false);
    desk.now += 1h;
    desk.lonely(true);
    EXPECT_LT(desk.wait(), 250ms);
    EXPECT_EQ(desk.begin(), (Actions{FetchSeeds{}, JoinSeeds{{one}}}));
    desk.fetched({one});
    const Actions actions = desk.joined(0);
    ASSERT_NE(waiting_in(actions), nullptr);
    EXPECT_EQ(waiting_in(actions)->attempts, 1);
    EXPECT_LE(desk.wait(), 500ms);
}

TEST(Keeper, asks_for_nothing_twice_while_it_is_under_way) {
    Desk desk(backend());
    desk.begin();
    desk.fetched({});
    desk.next();
    desk.lonely(false);
    desk.lonely(true);
    EXPECT_EQ(desk.next(), Actions{}) << "the first fetch has not answered yet";
    EXPECT_EQ(desk.fetched({one}), (Actions{JoinSeeds{{one}}}));
    desk.lonely(false);
    desk.lonely(true);
    EXPECT_EQ(desk.next(), Actions{FetchSeeds{}}) << "the first join has not ended yet";
    EXPECT_EQ(desk.fetched({one}), Actions{});
    EXPECT_EQ(desk.joined(0), (Actions{JoinSeeds{{one}}}));
}

TEST(Keeper, is_calm_as_the_first_balancer_of_a_cluster_but_keeps_looking) {
    Desk desk(balancer());
    desk.begin();
    desk.published();
    int told = 0;
    int fetches = 0;
    Actions actions = desk.fetched({self});
    while (desk.now < Instant(1h + 10min)) {
        if (const Waiting* waiting = waiting_in(actions)) {
            ++told;
            EXPECT_EQ(waiting->reason,
                      "no other load balancer is published: the first of a cluster");
        }
        actions = desk.next();
        if (has_fetch(actions)) {
            ++fetches;
            actions = desk.fetched({self});
        }
    }
    EXPECT_EQ(told, 1);
    EXPECT_GE(fetches, 600 / 5);
    while (!has_fetch(desk.next())) {
    }
    EXPECT_EQ(desk.fetched({self, one}), (Actions{JoinSeeds{{one}}}));
}

TEST(Keeper, lets_two_balancers_started_at_the_same_moment_find_each_other) {
    Seeds store;
    const Endpoint selves[] = {one, two};
    Desk desks[] = {Desk({.fetches = true, .publishes = true, .self = one}, 1),
                    Desk({.fetches = true, .publishes = true, .self = two}, 2)};
    // Both fetch the store before either has written to it.
    for (Desk& desk : desks) EXPECT_EQ(desk.begin(), (Actions{PublishSelf{}, FetchSeeds{}}));
    for (Desk& desk : desks) desk.fetched(store);
    for (int i = 0; i < 2; ++i) {
        store.push_back(selves[i]);
        desks[i].published();
    }
    for (int i = 0; i < 2; ++i) {
        EXPECT_LE(desks[i].wait(), 500ms);
        EXPECT_TRUE(has_fetch(desks[i].begin()));
        EXPECT_EQ(desks[i].fetched(store), (Actions{JoinSeeds{{selves[1 - i]}}}));
    }
}

}  // namespace
}  // namespace scrimp::seed
