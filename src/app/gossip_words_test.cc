#include "app/gossip_words.h"

#include <gtest/gtest.h>

namespace scrimp::app {
namespace {

using wire::Reason;

wire::Envelope with_keys() {
    wire::Envelope envelope;
    EXPECT_TRUE(envelope.keys.add(Bytes(16, std::byte{1})));
    EXPECT_TRUE(envelope.keys.add(to_bytes("0123456789abcdef")));
    return envelope;
}

swim::PeerUnreadable packets(Reason reason, std::uint64_t times = 1) {
    return {*parse_endpoint("10.0.0.5:7946"), reason, times};
}

TEST(GossipWords, tell_of_another_key) {
    EXPECT_EQ(
        unreadable_text(packets(Reason::Undecryptable, 12), with_keys()),
        "packets from 10.0.0.5:7946 cannot be opened with any of our 2 keys: cc8cd41c (seals), "
        "9f9f5111; compare the keyring files with scrimplb keyring list, and the labels (12 "
        "times)");
    EXPECT_EQ(unreadable_text({*parse_ip("10.0.0.5"), Reason::Undecryptable, 1}, {}),
              "connections from 10.0.0.5 are sealed, it seems, and we have no key: set "
              "gossip-config.keyring-file to the file that node has");
}

TEST(GossipWords, tell_of_plaintext_and_of_labels) {
    EXPECT_EQ(
        unreadable_text(packets(Reason::NotEncrypted), with_keys()),
        "packets from 10.0.0.5:7946 come in plain, and verify-incoming refuses that: that node "
        "lacks the keyring-file, or has verify-outgoing set to false");
    EXPECT_EQ(unreadable_text(packets(Reason::LabelMismatch), {}),
              "packets from 10.0.0.5:7946 carry a label, and we have none: another cluster, or one "
              "of us needs another gossip-config.label");
    wire::Envelope labelled;
    labelled.label = "prod";
    EXPECT_EQ(
        unreadable_text(packets(Reason::LabelMismatch), labelled),
        "packets from 10.0.0.5:7946 do not carry our label 'prod': another cluster, or one of "
        "us needs another gossip-config.label");
}

swim::Member b7() {
    auto profile = std::make_shared<swim::Profile>();
    profile->name = "b7";
    profile->endpoint = *parse_endpoint("10.0.0.7:9999");
    return {profile};
}

TEST(GossipWords, tell_of_blocked_packets) {
    EXPECT_EQ(blocked_text({b7()}),
              "UDP seems to be blocked between us and b7 at 10.0.0.7:9999: it answers by TCP and "
              "never by UDP; gossip needs both, in both directions, on port 9999 there and on ours "
              "here");
}

TEST(GossipWords, of_a_conflict_have_both_addresses) {
    const swim::NameConflict conflict{b7(), *parse_endpoint("10.0.0.8:9999")};
    EXPECT_EQ(conflict_text(conflict, "b1"),
              "name conflict: b7 at 10.0.0.7:9999 is a member, and a node at 10.0.0.8:9999 calls "
              "itself the same: it is ignored until it gets another node-name or the member is "
              "gone");
    EXPECT_EQ(conflict_text(conflict, "b7"),
              "name conflict: a node at 10.0.0.8:9999 calls itself b7, as we do at 10.0.0.7:9999; "
              "neither can rest until one of the two gets another node-name");
}

}  // namespace
}  // namespace scrimp::app
