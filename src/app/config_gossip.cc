#include "app/config_gossip.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/keyring_file.h"
#include "base/ascii.h"
#include "base/words.h"

namespace scrimp::app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// The length is one byte on the wire.
constexpr std::size_t label_bytes_max = 255;
/// Each packet is held against all of them.
constexpr std::size_t networks_max = 100;

struct Timer {
    std::string_view key;
    Duration swim::Config::* value;
    Duration least;
    Duration most;
};

/// Below its least a timer floods the network or accuses whoever is slow for a moment; above its
/// most it is a slip of the unit. memberlist's own profiles lie well within.
constexpr Timer timers[] = {
    {"probe-interval", &swim::Config::probe_interval, milliseconds{100}, minutes{1}},
    {"probe-timeout", &swim::Config::probe_timeout, milliseconds{10}, minutes{1}},
    {"push-pull-interval", &swim::Config::push_pull_interval, seconds{1}, hours{1}},
    {"gossip-interval", &swim::Config::gossip_interval, milliseconds{10}, seconds{10}},
    {"gossip-to-the-dead-time", &swim::Config::gossip_to_the_dead, seconds{1}, hours{24}},
    {"tcp-timeout", &swim::Config::stream_timeout, milliseconds{100}, minutes{5}},
    // A stopping node waits 15 s in all.
    {"leave-timeout", &swim::Config::leave_timeout, Duration::zero(), seconds{10}},
    {"dead-node-reclaim-time", &swim::Config::dead_address_hold, Duration::zero(), hours{24}},
    {"reconnect-interval", &swim::Config::reconnect_interval, Duration::zero(), hours{1}},
};

struct Number {
    std::string_view key;
    int swim::Config::* value;
    int least;
    int most;
};

constexpr Number numbers[] = {
    {"indirect-checks", &swim::Config::indirect_probes, 0, 16},
    {"retransmit-mult", &swim::Config::retransmit_mult, 1, 16},
    {"suspicion-mult", &swim::Config::suspicion_mult, 1, 32},
    {"suspicion-max-timeout-mult", &swim::Config::suspicion_max_timeout_mult, 1, 64},
    {"confirmations", &swim::Config::confirmations, 0, 16},
    {"gossip-nodes", &swim::Config::gossip_nodes, 1, 16},
    {"awareness-max-multiplier", &swim::Config::awareness_max, 1, 32},
};

struct ProfileRow {
    std::string_view name;
    swim::Config (*make)();
};

constexpr ProfileRow profiles[] = {{"lan", swim::lan_profile},
                                   {"wan", swim::wan_profile},
                                   {"local", swim::local_profile},
                                   {"original", swim::original_profile}};

/// The name of the profile that was taken; empty: the one that is there anyway.
std::string_view read_profile(Fields& fields, swim::Config& gossip) {
    const std::string text = fields.text("gossip-profile").value_or("");
    if (text.empty()) return "";
    std::vector<std::string_view> known;
    std::string list;
    for (const ProfileRow& profile : profiles) {
        if (equal_but_for_case(profile.name, text)) {
            gossip = profile.make();
            return profile.name;
        }
        known.push_back(profile.name);
        list.append(list.empty() ? "" : " ").append(profile.name);
    }
    fields.refuse("gossip-profile", "'" + text + "' is not known" + suggestion(text, known) +
                                        " (known: " + list + ")");
    return "";
}

/// [min, max, current], each a byte: what memberlist calls the delegate's protocol versions.
void read_delegate_versions(Fields& fields, swim::Config& gossip) {
    constexpr std::string_view key = "delegate-versions";
    const Json* list = fields.list(key);
    if (list == nullptr) return;
    const bool bytes = std::ranges::all_of(*list, [](const Json& entry) {
        return entry.is_number_unsigned() && entry.get<std::uint64_t>() <= 255;
    });
    if (!bytes || list->size() != 3) {
        fields.refuse(key, "must be three numbers from 0 to 255: min, max, current");
        return;
    }
    gossip.delegate_min = (*list)[0].get<std::uint8_t>();
    gossip.delegate_max = (*list)[1].get<std::uint8_t>();
    gossip.delegate_current = (*list)[2].get<std::uint8_t>();
    if (gossip.delegate_min > gossip.delegate_current ||
        gossip.delegate_current > gossip.delegate_max) {
        fields.refuse(key, "the third, current, must lie between the first two, min and max");
    }
}

void read_timers(Fields& fields, swim::Config& gossip) {
    for (const Timer& timer : timers) {
        if (const auto value = fields.duration(timer.key, timer.least, timer.most)) {
            gossip.*timer.value = *value;
        }
    }
    for (const Number& number : numbers) {
        if (const auto value = fields.number(number.key, number.least, number.most)) {
            gossip.*number.value = *value;
        }
    }
    if (gossip.reconnect_interval > Duration::zero() && gossip.reconnect_interval < seconds{1}) {
        fields.refuse("reconnect-interval",
                      "must be 1s or longer, or 0s for never: each time costs a connection");
    }
    if (gossip.probe_timeout > gossip.probe_interval) {
        fields.refuse("probe-timeout",
                      "must not be longer than probe-interval: a probe that is not answered by "
                      "then asks others, within the same interval");
    }
}

void read_label(Fields& fields, Config& config) {
    const std::string label = fields.text("label").value_or("");
    if (label.size() > label_bytes_max) {
        fields.refuse("label", "has " + std::to_string(label.size()) + " bytes, the most is " +
                                   std::to_string(label_bytes_max));
        return;
    }
    config.gossip.envelope.label = label;
}

void read_networks(Fields& fields, Config& config) {
    constexpr std::string_view key = "allowed-cidrs";
    const auto texts = fields.texts(key);
    if (!texts) return;
    if (texts->size() > networks_max) {
        fields.refuse(key, "has " + std::to_string(texts->size()) + " entries, the most is " +
                               std::to_string(networks_max));
        return;
    }
    std::vector<Network>& networks = config.gossip.allowed_networks;
    for (const std::string& text : *texts) {
        const auto network = parse_network(text);
        if (!network) return fields.refuse(key, network.error().message);
        networks.push_back(*network);
    }
    if (config.advertise && !is_allowed(*config.advertise, networks)) {
        fields.refuse(key, "none of them holds our own advertise-address " +
                               config.advertise->ip_text() + "; others would refuse us as well");
    }
}

void read_keys(Fields& fields, const Surroundings& surroundings, Config& config) {
    wire::Envelope& envelope = config.gossip.envelope;
    config.keyring_file = fields.text("keyring-file").value_or("");
    const auto verify_incoming = fields.flag("verify-incoming");
    const auto verify_outgoing = fields.flag("verify-outgoing");
    envelope.verify_incoming = verify_incoming.value_or(true);
    envelope.verify_outgoing = verify_outgoing.value_or(true);
    if (config.keyring_file.empty()) {
        if (verify_incoming || verify_outgoing) {
            config.warnings.emplace_back(
                "gossip-config: verify-incoming and verify-outgoing do nothing without a "
                "keyring-file");
        }
        return;
    }
    auto keys = surroundings.read_keyring(config.keyring_file);
    if (!keys) return fields.refuse("keyring-file", keys.error().message);
    envelope.keys = *std::move(keys);
    if (envelope.verify_incoming && !envelope.verify_outgoing) {
        fields.refuse("verify-outgoing",
                      "while it is false, verify-incoming must be false as well: members would "
                      "refuse what they send each other");
    }
}

void warn_of_old_peers(Config& config, bool original) {
    const swim::Config& gossip = config.gossip;
    if (gossip.envelope.label.empty() || (!original && gossip.delegate_max == 0)) return;
    config.warnings.emplace_back(
        "gossip-config: label: memberlist before 0.3.0 knows no labels, Serf 0.9.4 and the "
        "original Scrimp LB with it: such members can neither join this node nor be joined");
}

}  // namespace

void read_gossip_config(Fields& fields, const Surroundings& surroundings, Config& config,
                        Mistakes& mistakes) {
    const std::string_view profile = read_profile(fields, config.gossip);
    config.gossip.envelope.compress = fields.flag("compression").value_or(true);
    read_delegate_versions(fields, config.gossip);
    constexpr std::string_view section = "gossip-config";
    const Json* object = fields.object(section);
    if (object == nullptr) return;
    Fields below(*object, config.path, std::string(section) + ".", mistakes);
    read_timers(below, config.gossip);
    read_label(below, config);
    read_networks(below, config);
    read_keys(below, surroundings, config);
    below.refuse_unknown();
    warn_of_old_peers(config, profile == "original");
}

std::string sealing_text(const wire::Envelope& envelope) {
    if (envelope.keys.empty()) return "not sealed";
    return std::string(envelope.verify_outgoing ? "sealed" : "not sealed yet") + ", plaintext " +
           (envelope.verify_incoming ? "refused" : "accepted") + ", " +
           counted(envelope.keys.size(), "key") + ": " + keys_text(envelope.keys);
}

}  // namespace scrimp::app
