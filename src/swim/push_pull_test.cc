#include "swim/single_node_test.h"

namespace scrimp::swim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Asked : public SingleNode {
  protected:
    void SetUp() override {
        config.probe_interval = seconds{60};
        restart();
        hear({alive("b", 2)}, 2);
    }
    /// Whom the node dials within `time` of being asked by `host` whether it lives.
    std::vector<Endpoint> dials_after_ping_of(int host, Duration time = seconds{1}) {
        hear({wire::Ping{1, "self", {}}}, host);
        advance(time);
        std::vector<Endpoint> dialled;
        for (const DialStream& dial : all<DialStream>()) dialled.push_back(dial.to);
        actions.clear();
        return dialled;
    }
};

TEST_F(Asked, calls_on_a_stranger_who_must_have_been_told_of_it) {
    EXPECT_EQ(dials_after_ping_of(3), std::vector{at_host(3)});
    EXPECT_TRUE(dials_after_ping_of(2).empty()) << "a member";
}

TEST_F(Asked, calls_on_a_member_that_is_gone_and_yet_asks) {
    hear({wire::Dead{1, "b", "b"}}, 2);
    EXPECT_EQ(dials_after_ping_of(2), std::vector{at_host(2)});
}

TEST_F(Asked, calls_on_one_stranger_a_second) {
    EXPECT_TRUE(dials_after_ping_of(2, Duration::zero()).empty());
    EXPECT_EQ(dials_after_ping_of(3, Duration::zero()).size(), 1U);
    EXPECT_TRUE(dials_after_ping_of(4, seconds{1}).empty());
    EXPECT_EQ(dials_after_ping_of(5), std::vector{at_host(5)});
}

TEST_F(Asked, looks_more_rarely_in_a_large_cluster) {
    // By their own names; all at one address, which does not matter here.
    for (int packet = 0; packet < 6; ++packet) {
        std::vector<wire::Message> news;
        for (int i = 0; i < 100; ++i) news.push_back(alive(std::to_string(packet * 100 + i), 2));
        hear(news);
    }
    EXPECT_TRUE(dials_after_ping_of(2, seconds{2} - milliseconds{1}).empty());
    EXPECT_TRUE(dials_after_ping_of(9, milliseconds{1}).empty());
    EXPECT_EQ(dials_after_ping_of(9), std::vector{at_host(9)});
}

TEST_F(Asked, calls_on_nobody_where_that_is_off_or_while_it_leaves) {
    node->leave(now);
    EXPECT_TRUE(dials_after_ping_of(3).empty());
    config.stranger_interval = Duration::zero();
    restart();
    EXPECT_TRUE(dials_after_ping_of(3).empty());
}

}  // namespace
}  // namespace scrimp::swim
