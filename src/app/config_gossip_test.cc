#include "app/config_gossip.h"

#include <gtest/gtest.h>

namespace scrimp::app {
namespace {

using namespace std::chrono_literals;

const Surroundings surroundings{
    .host_name = "host1",
    .state_directory = "",
    .read_directory = [](const std::string&) { return std::vector<TextFile>(); },
    .read_keyring = [](const std::string& path) -> Result<wire::Keyring> {
        if (path != "keys.json") return fail(path + ": there is no such file");
        wire::Keyring keys;
        (void)keys.add(Bytes(16, std::byte{1}));
        return keys;
    }};

/// A balancer with this gossip-config, and with more members at the top.
Result<Config> with(const std::string& members, const std::string& top = "") {
    return parse_config(R"({"lb":true,"provider":"dummy","resolver":"ipv6",)" + top +
                            R"("gossip-config":{)" + members + "}}",
                        "scrimp.json", surroundings);
}

std::string refusal(const Result<Config>& config) {
    return config ? "accepted" : config.error().message;
}

TEST(GossipConfig, has_every_timer) {
    const auto config = with(R"("probe-interval":"2s","probe-timeout":"300ms","indirect-checks":4,
        "retransmit-mult":5,"suspicion-mult":6,"suspicion-max-timeout-mult":7,"confirmations":3,
        "push-pull-interval":"20s","gossip-interval":"100ms","gossip-nodes":2,
        "gossip-to-the-dead-time":"45s","awareness-max-multiplier":1,"tcp-timeout":"8s",
        "leave-timeout":"1s","dead-node-reclaim-time":"9s","reconnect-interval":"0")");
    ASSERT_TRUE(config) << config.error().message;
    const swim::Config& gossip = config->gossip;
    EXPECT_EQ(gossip.probe_interval, 2s);
    EXPECT_EQ(gossip.probe_timeout, 300ms);
    EXPECT_EQ(gossip.indirect_probes, 4);
    EXPECT_EQ(gossip.retransmit_mult, 5);
    EXPECT_EQ(gossip.suspicion_mult, 6);
    EXPECT_EQ(gossip.suspicion_max_timeout_mult, 7);
    EXPECT_EQ(gossip.confirmations, 3);
    EXPECT_EQ(gossip.push_pull_interval, 20s);
    EXPECT_EQ(gossip.gossip_interval, 100ms);
    EXPECT_EQ(gossip.gossip_nodes, 2);
    EXPECT_EQ(gossip.gossip_to_the_dead, 45s);
    EXPECT_EQ(gossip.awareness_max, 1);
    EXPECT_EQ(gossip.stream_timeout, 8s);
    EXPECT_EQ(gossip.leave_timeout, 1s);
    EXPECT_EQ(gossip.dead_address_hold, 9s);
    EXPECT_EQ(gossip.reconnect_interval, 0s);
}

// docs/protocol.md section 7, memberlist's config.go.
TEST(GossipConfig, knows_memberlists_profiles_and_the_originals) {
    const auto profile = [](const std::string& name) {
        return with("", R"("gossip-profile":")" + name + R"(",)").value().gossip;
    };
    EXPECT_EQ(profile("LAN").gossip_interval, 200ms);
    EXPECT_EQ(profile("wan").probe_interval, 5s);
    EXPECT_EQ(profile("wan").gossip_nodes, 4);
    EXPECT_EQ(profile("local").push_pull_interval, 15s);
    EXPECT_EQ(profile("original").stream_timeout, 5s);
    // The table in docs/configuration.md.
    EXPECT_EQ(profile("lan").retransmit_mult, 3);
    EXPECT_EQ(profile("lan").push_pull_interval, 45s);
    EXPECT_EQ(profile("local").retransmit_mult, 2);
    EXPECT_EQ(profile("wan").suspicion_max_timeout_mult, 3);
    EXPECT_EQ(profile("original").suspicion_mult, 2);
    EXPECT_EQ(
        refusal(with("", R"("gossip-profile":"wam",)")),
        "scrimp.json: gossip-profile: 'wam' is not known; did you mean 'wan'? (known: lan wan "
        "local original)");
}

TEST(GossipConfig, calls_on_the_lost_once_a_second_at_most_or_never) {
    EXPECT_TRUE(with(R"("reconnect-interval":"0s")"));
    EXPECT_TRUE(with(R"("reconnect-interval":"1s")"));
    EXPECT_EQ(refusal(with(R"("reconnect-interval":"1us")")),
              "scrimp.json: gossip-config.reconnect-interval: must be 1s or longer, or 0s for "
              "never: each time costs a connection");
}

TEST(GossipConfig, changes_single_numbers_of_a_profile) {
    const auto config = with(R"("gossip-nodes":7)", R"("gossip-profile":"wan",)");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->gossip.gossip_nodes, 7);
    EXPECT_EQ(config->gossip.probe_interval, 5s);
}

TEST(GossipConfig, refuses_what_would_not_work) {
    const auto told = [](const std::string& members) {
        const std::string text = refusal(with(members));
        const std::string_view start = "scrimp.json: gossip-config.";
        return text.starts_with(start) ? text.substr(start.size()) : text;
    };
    EXPECT_EQ(told(R"("probe-intervall":"1s")"),
              "probe-intervall: unknown key; did you mean 'probe-interval'?");
    EXPECT_EQ(told(R"("probe-interval":"1ms","probe-timeout":"1s")"),
              "probe-interval: '1ms' is not between 100ms and 60000ms");
    EXPECT_EQ(told(R"("gossip-nodes":0)"), "gossip-nodes: must be a whole number from 1 to 16");
    EXPECT_EQ(told(R"("gossip-nodes":2.5)"), "gossip-nodes: must be a whole number from 1 to 16");
    EXPECT_EQ(told(R"("gossip-nodes":"3")"), "gossip-nodes: must be a whole number from 1 to 16");
    EXPECT_EQ(told(R"("confirmations":-1)"), "confirmations: must be a whole number from 0 to 16");
    EXPECT_EQ(told(R"("probe-timeout":"2s")"),
              "probe-timeout: must not be longer than probe-interval: a probe that is not answered "
              "by then asks others, within the same interval");
    EXPECT_EQ(told(R"("label":")" + std::string(256, 'x') + "\""),
              "label: has 256 bytes, the most is 255");
    EXPECT_EQ(told(R"("allowed-cidrs":["10.0.0.0/8","10.0.0.1"])"),
              "allowed-cidrs: '10.0.0.1' is an address; as a network of its own it is 10.0.0.1/32");
    EXPECT_EQ(told(R"("keyring-file":"elsewhere")"),
              "keyring-file: elsewhere: there is no such file");
    EXPECT_EQ(told(R"("keyring-file":"keys.json","verify-outgoing":false)"),
              "verify-outgoing: while it is false, verify-incoming must be false as well: members "
              "would refuse what they send each other");
    EXPECT_EQ(
        refusal(with(R"("allowed-cidrs":["10.0.0.0/8"])", R"("advertise-address":"192.0.2.1",)")),
        "scrimp.json: gossip-config.allowed-cidrs: none of them holds our own "
        "advertise-address 192.0.2.1; others would refuse us as well");
}

TEST(GossipConfig, has_label_networks_and_keys) {
    const auto config = with(R"("label":"prod","allowed-cidrs":["10.0.0.0/8","fd00::/8"],
        "keyring-file":"keys.json","verify-incoming":false)");
    ASSERT_TRUE(config) << config.error().message;
    const swim::Config& gossip = config->gossip;
    EXPECT_EQ(gossip.envelope.label, "prod");
    EXPECT_EQ(gossip.allowed_networks.size(), 2u);
    EXPECT_EQ(gossip.envelope.keys.size(), 1u);
    EXPECT_EQ(config->keyring_file, "keys.json");
    EXPECT_FALSE(gossip.envelope.verify_incoming);
    EXPECT_TRUE(gossip.envelope.verify_outgoing);
    EXPECT_EQ(sealing_text(gossip.envelope), "sealed, plaintext accepted, 1 key: cc8cd41c (seals)");
    EXPECT_EQ(sealing_text({}), "not sealed");
    EXPECT_TRUE(config->fixed.contains("gossip-config"));
    EXPECT_FALSE(config->fixed["gossip-config"].contains("keyring-file"));
    EXPECT_FALSE(with(R"("keyring-file":"keys.json")")->fixed.contains("gossip-config"));
}

TEST(GossipConfig, warns_of_what_does_nothing_and_of_peers_that_know_no_labels) {
    const auto warnings = [](const std::string& members, const std::string& top = "") {
        const auto config = with(members, top);
        EXPECT_TRUE(config) << refusal(config);
        std::string all;
        for (const std::string& warning : config->warnings) {
            if (warning.starts_with("gossip-config")) all += warning.substr(15, 16) + "|";
        }
        return all;
    };
    EXPECT_EQ(warnings(R"("verify-incoming":true)"), "verify-incoming |");
    EXPECT_EQ(warnings(R"("label":"prod")"), "");
    EXPECT_EQ(warnings(R"("label":"prod")", R"("delegate-versions":[2,5,5],)"),
              "label: memberlis|");
    EXPECT_EQ(warnings(R"("label":"prod")", R"("gossip-profile":"original",)"),
              "label: memberlis|");
}

}  // namespace
}  // namespace scrimp::app
