// The small organs: formulas, suspicion, health, deadlines, gossip queue, roster, lost, profiles.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "swim/deadlines.h"
#include "swim/formulas.h"
#include "swim/gossip_queue.h"
#include "swim/health.h"
#include "swim/lost.h"
#include "swim/profile_pool.h"
#include "swim/roster.h"
#include "swim/suspicion.h"

namespace scrimp::swim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Formulas, suspicion_grows_with_the_logarithm_of_the_cluster) {
    const auto timeout = [](std::size_t n) { return suspicion_timeout(3, n, seconds{1}) / 3; };
    EXPECT_EQ(timeout(0), seconds{1});
    EXPECT_EQ(timeout(5), seconds{1});
    EXPECT_EQ(timeout(50), milliseconds{1698});
    EXPECT_EQ(timeout(100), milliseconds{2000});
    EXPECT_EQ(timeout(500), milliseconds{2698});
    EXPECT_EQ(timeout(1000), milliseconds{3000});
}

TEST(Formulas, news_are_told_as_often_as_in_memberlist) {
    EXPECT_EQ(retransmit_limit(3, 0), 0);
    EXPECT_EQ(retransmit_limit(3, 1), 3);
    EXPECT_EQ(retransmit_limit(3, 99), 6);
    EXPECT_EQ(retransmit_limit(2, 9), 2);
    EXPECT_EQ(retransmit_limit(2, 10), 4);
    EXPECT_EQ(retransmit_limit(2, 100), 6);
}

TEST(Formulas, whole_states_are_exchanged_more_seldom_in_large_clusters) {
    const auto factor = [](std::size_t n) {
        return push_pull_interval(seconds{1}, n) / seconds{1};
    };
    EXPECT_EQ(factor(0), 1);
    EXPECT_EQ(factor(32), 1);
    EXPECT_EQ(factor(33), 2);
    EXPECT_EQ(factor(64), 2);
    EXPECT_EQ(factor(65), 3);
    EXPECT_EQ(factor(128), 3);
}

TEST(Suspicion, shrinks_as_it_is_confirmed) {
    const auto left = [](int confirmed, seconds elapsed) {
        return suspicion_patience(confirmed, 3, seconds{2}, seconds{30}) - elapsed;
    };
    EXPECT_EQ(left(0, seconds{0}), seconds{30});
    EXPECT_EQ(left(1, seconds{2}), seconds{14});
    EXPECT_EQ(left(2, seconds{3}), milliseconds{4810});
    EXPECT_EQ(left(3, seconds{4}), seconds{-2});
}

TEST(Suspicion, counts_each_accuser_once_and_the_first_not_at_all) {
    const Instant start{seconds{5}};
    Suspicion suspicion(start, "a", 2, seconds{2}, seconds{10});
    EXPECT_EQ(suspicion.deadline(), start + seconds{10});
    EXPECT_FALSE(suspicion.confirm("a"));
    EXPECT_TRUE(suspicion.confirm("b"));
    EXPECT_FALSE(suspicion.confirm("b"));
    EXPECT_TRUE(suspicion.confirm("c"));
    EXPECT_EQ(suspicion.deadline(), start + seconds{2});
    EXPECT_FALSE(suspicion.confirm("d")) << "no more than wanted";
}

TEST(Suspicion, holds_its_minimum_where_no_confirmation_is_wanted) {
    Suspicion suspicion(Instant{}, "a", 0, seconds{2}, seconds{10});
    EXPECT_EQ(suspicion.deadline(), Instant{seconds{2}});
    EXPECT_FALSE(suspicion.confirm("b"));
}

TEST(Health, stays_between_well_and_its_worst) {
    Health health(8);
    health.apply(-1);
    EXPECT_EQ(health.score(), 0);
    health.apply(3);
    EXPECT_EQ(health.scaled(seconds{1}), seconds{4});
    health.apply(100);
    EXPECT_EQ(health.score(), 7);
}

TEST(Deadlines, come_in_the_order_of_time_and_can_be_moved) {
    Deadlines<std::string> deadlines;
    EXPECT_EQ(deadlines.next(), never);
    deadlines.set("late", Instant{seconds{3}});
    deadlines.set("early", Instant{seconds{1}});
    deadlines.set("moved", Instant{seconds{1}});
    deadlines.set("moved", Instant{seconds{2}});
    EXPECT_FALSE(deadlines.take_due(Instant{}));
    EXPECT_EQ(deadlines.take_due(Instant{seconds{2}}), "early");
    EXPECT_EQ(deadlines.take_due(Instant{seconds{2}}), "moved");
    EXPECT_FALSE(deadlines.take_due(Instant{seconds{2}}));
    deadlines.cancel("late");
    EXPECT_EQ(deadlines.next(), never);
}

std::string drawn(GossipQueue& queue, std::size_t room, int transmits_max,
                  std::size_t parts_max = 127) {
    std::vector<Bytes> parts;
    queue.draw(room, parts_max, transmits_max, parts);
    std::string text;
    for (const Bytes& part : parts) text += (text.empty() ? "" : " ") + std::string(text_of(part));
    return text;
}

TEST(GossipQueue, takes_least_told_then_longest_then_newest) {
    GossipQueue queue;
    queue.add("1", to_bytes("told"));
    EXPECT_EQ(drawn(queue, 100, 9), "told");
    queue.add("2", to_bytes("old"));
    queue.add("3", to_bytes("new"));
    queue.add("4", to_bytes("longest"));
    EXPECT_EQ(drawn(queue, 100, 9), "longest new old told");
}

TEST(GossipQueue, fills_the_room_with_what_fits) {
    GossipQueue queue;
    queue.add("1", to_bytes("ten bytes!"));
    queue.add("2", to_bytes("four"));
    EXPECT_EQ(drawn(queue, 11, 9), "four");
    EXPECT_EQ(drawn(queue, 12, 9), "ten bytes!");
    EXPECT_EQ(drawn(queue, 18, 9), "ten bytes! four");
    EXPECT_EQ(drawn(queue, 5, 9), "");
    EXPECT_EQ(drawn(queue, 0, 9), "");
    EXPECT_EQ(drawn(queue, 18, 9, 1), "ten bytes!") << "parts are counted too";
}

TEST(GossipQueue, a_shorter_message_told_as_often_is_found_behind_longer_ones) {
    GossipQueue queue;
    for (int i = 0; i < 5; ++i) queue.add(std::to_string(i), to_bytes(std::string(50, 'x')));
    queue.add("short", to_bytes("s"));
    EXPECT_EQ(drawn(queue, 10, 9), "s");
}

TEST(GossipQueue, newer_news_of_a_member_replaces_older) {
    GossipQueue queue;
    queue.add("m", to_bytes("suspect"));
    (void)drawn(queue, 100, 9);
    queue.add("m", to_bytes("alive"));
    EXPECT_EQ(queue.size(), 1u);
    EXPECT_EQ(drawn(queue, 100, 9), "alive");
    queue.add("", to_bytes("user"));
    queue.add("", to_bytes("user"));
    EXPECT_EQ(queue.size(), 3u) << "without a subject nothing is replaced";
}

TEST(GossipQueue, counts_the_bytes_that_wait) {
    GossipQueue queue;
    queue.add("m", to_bytes("suspect"));
    queue.add("n", to_bytes("news"));
    EXPECT_EQ(queue.bytes(), 11u);
    queue.add("m", to_bytes("alive"));
    EXPECT_EQ(queue.bytes(), 9u);
    EXPECT_EQ(drawn(queue, 7, 1), "alive");
    EXPECT_EQ(queue.bytes(), 4u);
    EXPECT_EQ(drawn(queue, 100, 2), "news");
    EXPECT_EQ(queue.bytes(), 4u);
    EXPECT_EQ(drawn(queue, 100, 2), "news");
    EXPECT_EQ(queue.bytes(), 0u);
}

TEST(GossipQueue, forgets_what_was_told_often_enough) {
    GossipQueue queue;
    queue.add("m", to_bytes("news"));
    EXPECT_EQ(drawn(queue, 100, 2), "news");
    EXPECT_TRUE(queue.holds("m"));
    EXPECT_EQ(drawn(queue, 100, 2), "news");
    EXPECT_FALSE(queue.holds("m"));
    EXPECT_TRUE(queue.empty());
}

Member member(std::string name, State state = State::Alive, Instant changed_at = {}) {
    Profile profile;
    profile.name = std::move(name);
    return {intern(std::move(profile)), 1, state, changed_at};
}

TEST(Member, stays_small) {
    EXPECT_LE(sizeof(Member), 32u);
}

TEST(ProfilePool, equal_profiles_are_one) {
    const Member one = member("one");
    EXPECT_EQ(one.profile, member("one").profile);
    EXPECT_NE(one.profile, member("two").profile);
}

TEST(ProfilePool, forgets_what_nobody_holds) {
    std::weak_ptr<const Profile> seen = member("gone").profile;
    EXPECT_TRUE(seen.expired());
    for (int i = 0; i < 1000; ++i) (void)member(std::to_string(i));
}

TEST(Roster, keeps_its_members_sorted_whoever_comes) {
    Random random(1);
    Roster roster(member("m"));
    for (const char* name : {"z", "a", "q", "b"}) roster.add(member(name), random);
    std::string names;
    for (const Member& known : roster.members()) names += known.profile->name;
    EXPECT_EQ(names, "abmqz");
    EXPECT_EQ(roster.self().profile->name, "m");
    EXPECT_EQ(roster.find("q")->profile->name, "q");
    EXPECT_EQ(roster.find("r"), nullptr);
    EXPECT_EQ(roster.alive_count(), 5u);
    roster.set_state(*roster.find("q"), State::Dead, Instant{});
    EXPECT_EQ(roster.alive_count(), 4u);
}

TEST(Roster, a_walk_meets_every_living_member_once) {
    Random random(1);
    Roster roster(member("self"));
    for (int i = 0; i < 50; ++i) roster.add(member(std::to_string(i)), random);
    roster.set_state(*roster.find("7"), State::Dead, Instant{});
    (void)roster.next_in_walk(Instant{}, seconds{30}, random);  // The first walk is through soon.
    for (int walk = 0; walk < 3; ++walk) {
        while (roster.next_in_walk(Instant{}, seconds{30}, random)->profile->name != "0") continue;
        std::set<std::string> met;
        for (int i = 0; i < 98; ++i) {
            met.insert(roster.next_in_walk(Instant{}, seconds{30}, random)->profile->name);
        }
        EXPECT_EQ(met.size(), 49u) << "everybody within two walks";
        EXPECT_FALSE(met.contains("self"));
        EXPECT_FALSE(met.contains("7"));
    }
}

TEST(Roster, forgets_those_gone_for_long_when_a_walk_is_through) {
    Random random(1);
    Roster roster(member("self"));
    roster.add(member("dead", State::Dead, Instant{seconds{10}}), random);
    roster.add(member("left", State::Left, Instant{seconds{10}}), random);
    roster.add(member("alive"), random);
    for (int i = 0; i < 4; ++i)
        (void)roster.next_in_walk(Instant{seconds{40}}, seconds{30}, random);
    EXPECT_EQ(roster.size(), 4u);
    for (int i = 0; i < 4; ++i)
        (void)roster.next_in_walk(Instant{seconds{41}}, seconds{30}, random);
    EXPECT_EQ(roster.size(), 2u);
    EXPECT_EQ(roster.self().profile->name, "self");
}

TEST(Roster, a_walk_without_others_ends) {
    Random random(1);
    Roster roster(member("self"));
    EXPECT_EQ(roster.next_in_walk(Instant{}, seconds{30}, random), nullptr);
    roster.add(member("dead", State::Dead), random);
    EXPECT_EQ(roster.next_in_walk(Instant{}, seconds{30}, random), nullptr);
}

TEST(Roster, picks_different_members_by_chance_and_never_ourselves) {
    Random random(1);
    for (const int others : {2, 63, 500}) {
        Roster roster(member("self"));
        for (int i = 0; i < others; ++i) roster.add(member(std::to_string(i)), random);
        std::set<const Member*> all;
        for (int i = 0; i < 400; ++i) {
            auto picked = roster.pick(3, random, [](const Member&) { return true; });
            EXPECT_EQ(picked.size(), static_cast<std::size_t>(std::min(3, others)));
            std::sort(picked.begin(), picked.end());
            EXPECT_EQ(std::unique(picked.begin(), picked.end()), picked.end());
            all.insert(picked.begin(), picked.end());
        }
        EXPECT_FALSE(all.contains(&roster.self()));
        EXPECT_GT(all.size(), static_cast<std::size_t>(others) * 8 / 10);
        EXPECT_TRUE(roster.pick(3, random, [](const Member&) { return false; }).empty());
    }
}

TEST(Lost, remembers_for_a_day_and_no_more_than_it_may) {
    Random random(1);
    Lost lost;
    EXPECT_FALSE(lost.pick(Instant{}, random));
    const Endpoint there = *parse_endpoint("10.0.0.1:1");
    lost.note("a", there, Instant{});
    EXPECT_EQ(lost.pick(Instant{std::chrono::hours{24}}, random), there);
    EXPECT_FALSE(lost.pick(Instant{std::chrono::hours{25}}, random));
    for (int i = 0; i < 1000; ++i) lost.note(std::to_string(i), there, Instant{seconds{i}});
    EXPECT_EQ(lost.size(), 256u);
    lost.forget("999");
    EXPECT_EQ(lost.size(), 255u);
}

}  // namespace
}  // namespace scrimp::swim
