#include "swim/single_node_test.h"

namespace scrimp::swim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Crowded : public SingleNode {
  protected:
    void begin(int haste) {
        config.probe_interval = seconds{60};
        config.gossip_haste = haste;
        restart();
    }
    void hear_of(int members) {
        std::vector<wire::Message> news;
        for (int host = 2; host < 2 + members; ++host) {
            news.push_back(alive("member-" + std::to_string(host), host));
        }
        hear(news);
    }
    std::size_t packets_within(Duration time) {
        advance(time);
        const std::size_t packets = all<SendPacket>().size();
        actions.clear();
        return packets;
    }
};

TEST_F(Crowded, tells_faster_while_more_waits_than_a_packet_holds) {
    begin(4);
    hear_of(100);
    // Rounds after 0, 50, 100 and 150 ms, each to three.
    EXPECT_EQ(packets_within(milliseconds{190}), 4U * 3U);
}

TEST_F(Crowded, keeps_memberlists_pace_where_that_is_wanted) {
    begin(1);
    hear_of(100);
    EXPECT_EQ(packets_within(milliseconds{190}), 3U);
    EXPECT_EQ(packets_within(milliseconds{200}), 3U);
}

TEST_F(Crowded, keeps_the_pace_with_little_to_tell) {
    begin(4);
    hear_of(10);
    EXPECT_EQ(packets_within(milliseconds{190}), 3U);
}

TEST_F(Crowded, is_quiet_in_the_end) {
    begin(4);
    hear_of(100);
    EXPECT_GT(packets_within(seconds{2}), 40U);
    EXPECT_EQ(packets_within(seconds{1}), 0U);
}

using Telling = SingleNode;

TEST_F(Telling, wastes_no_news_on_whom_it_asks_for_another) {
    hear({alive("b", 2)});
    hear({wire::IndirectPing{7, at_host(5).ip_bytes(), 7946, "e", true, {}}}, 2);
    EXPECT_EQ(said_to(5).size(), 1U);
    EXPECT_NE(first<wire::Ping>(said_to(5)), nullptr);
}

}  // namespace
}  // namespace scrimp::swim
