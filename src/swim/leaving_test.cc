#include <gtest/gtest.h>

#include "swim/cluster_test.h"

namespace scrimp::swim {
namespace {

using Peer = TestCluster::Peer;

TEST(Leaving, a_goodbye_is_told_to_all_at_once_and_ends) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    Peer& c = cluster.start("c", 3);
    cluster.join(b, a);
    cluster.join(c, a);
    cluster.run(seconds{3});
    c.node->leave(cluster.now());
    cluster.drain(c);
    cluster.run(milliseconds{2});
    EXPECT_EQ(TestCluster::state(a, "c"), "left");
    EXPECT_EQ(TestCluster::state(b, "c"), "left");
    cluster.run(seconds{2});
    EXPECT_EQ(c.leaves_finished, 1);
    EXPECT_EQ(c.node->next_deadline(), never);
    EXPECT_EQ(a.events.back().change, Change::Left);
}

TEST(Leaving, alone_is_finished_at_once) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    a.node->leave(cluster.now());
    cluster.drain(a);
    EXPECT_EQ(a.leaves_finished, 1);
    EXPECT_FALSE(a.node->set_metadata(cluster.now(), {}));
    EXPECT_FALSE(a.node->join(cluster.now(), std::vector{at_host(2)}));
}

TEST(Leaving, a_deaf_cluster_ends_at_the_timeout) {
    Config config;
    config.gossip_interval = seconds{60};
    TestCluster cluster(config);
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(seconds{1});
    b.node->leave(cluster.now());
    cluster.drain(b);
    cluster.run(seconds{4});
    EXPECT_EQ(b.leaves_finished, 0);
    cluster.run(seconds{2});
    EXPECT_EQ(b.leaves_finished, 1);
}

TEST(Leaving, a_member_that_left_may_come_back_even_from_elsewhere) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(seconds{1});
    b.node->leave(cluster.now());
    cluster.drain(b);
    cluster.run(seconds{1});
    cluster.crash(b);
    Peer& again = cluster.start("b", 3);
    cluster.join(again, a);
    cluster.run(milliseconds{50});
    EXPECT_EQ(TestCluster::story(a), "joined b, left b, joined b");
    EXPECT_EQ(TestCluster::view(a, "b")->profile->endpoint, at_host(3));
}

TEST(Leaving, a_late_goodbye_does_not_end_the_life_after_it) {
    TestCluster cluster;
    Peer& a = cluster.start("a", 1);
    Peer& b = cluster.start("b", 2);
    cluster.join(b, a);
    cluster.run(seconds{1});
    ASSERT_TRUE(b.node->set_metadata(cluster.now(), view_of("news")));
    cluster.drain(b);
    cluster.run(seconds{1});
    const std::uint32_t left_with = b.node->self().incarnation;
    b.node->leave(cluster.now());
    cluster.drain(b);
    cluster.run(seconds{1});
    cluster.crash(b);
    Peer& again = cluster.start("b", 3, "", left_with);
    cluster.join(again, a);
    cluster.run(milliseconds{50});
    EXPECT_EQ(again.node->stats().refutations, 0u) << "it is above its goodbye from the start";
    // From a third who was slow to pass it on.
    a.node->handle_packet(cluster.now(), at_host(4),
                          wire::encode_message(wire::Dead{left_with, "b", "b"}));
    cluster.drain(a);
    EXPECT_EQ(TestCluster::story(a), "joined b, updated b, left b, joined b");
    EXPECT_EQ(TestCluster::state(a, "b"), "alive");
}

}  // namespace
}  // namespace scrimp::swim
