#include "swim/config.h"

#include <algorithm>

namespace scrimp::swim {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Our own detection. Suspicions may be as short as the original's, since they last that little
/// only where others have looked and seen the same.
Config detecting_eagerly(Config config) {
    // What gossip misses a second time the questions to the accused carry; a cluster that loses
    // nothing sends hardly more than the original.
    config.retransmit_mult = std::min(config.retransmit_mult, 3);
    config.retransmit_mult_crowd = 2;
    config.suspicion_mult = 2;
    config.confirmations = 2;
    // Whom nobody confirms is asked fifteen times in the six seconds that a small cluster then has.
    config.suspicion_max_timeout_mult = 3;
    // Hundreds of round trips in a data centre, and a refutation takes one.
    config.suspicion_after_two_refusals = milliseconds{200};
    // A hundred times a round trip in a data centre, and as long as a machine with a full run queue
    // keeps a process waiting.
    config.probe_timeout_min = milliseconds{100};
    config.heeds_refused_packets = true;
    config.confirms_eagerly = true;
    config.steady_walk = true;
    // 85 kB a second at most, and only for as long as there is so much to tell.
    config.gossip_haste = 4;
    return config;
}

}  // namespace

int retransmit_mult_among(std::size_t members, const Config& config) {
    const int more = members < crowd_members ? 0 : config.retransmit_mult_crowd;
    return config.retransmit_mult + more;
}

Config lan_profile() {
    Config config;
    // In a quiet cluster of three a third of all bytes are push/pulls; what they mend is rare since
    // the lost and strangers are called on, and Go members keep to their own interval.
    config.push_pull_interval = seconds{45};
    return detecting_eagerly(config);
}

Config wan_profile() {
    Config config;
    config.stream_timeout = seconds{30};
    config.push_pull_interval = seconds{60};
    config.probe_interval = seconds{5};
    config.probe_timeout = seconds{3};
    config.gossip_interval = milliseconds{500};
    config.gossip_nodes = 4;
    config.gossip_to_the_dead = seconds{60};
    config = detecting_eagerly(config);
    // Three times the way round the earth.
    config.probe_timeout_min = milliseconds{500};
    return config;
}

Config local_profile() {
    Config config;
    config.stream_timeout = seconds{1};
    config.indirect_probes = 1;
    config.retransmit_mult = 2;
    config.push_pull_interval = seconds{15};
    config.probe_timeout = milliseconds{200};
    config.gossip_interval = milliseconds{100};
    config.gossip_to_the_dead = seconds{15};
    return detecting_eagerly(config);
}

Config original_profile() {
    Config config;
    config.retransmit_mult = 2;
    config.suspicion_mult = 2;
    config.suspicion_max_timeout_mult = 3;
    config.confirmations = 0;
    config.stream_timeout = std::chrono::seconds{5};
    return config;
}

}  // namespace scrimp::swim
