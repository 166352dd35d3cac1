// Every number a Node goes by, with the profiles that name sets of them. Untouched, a Config is
// memberlist's DefaultLANConfig, but for what a refused stream means (suspicion_after_refusal) and
// for the calls to the lost and to strangers (reconnect_interval, stranger_interval).
// Source: memberlist config.go (DefaultLANConfig), docs/protocol.md section 7.
#pragma once

#include <cstdint>
#include <vector>

#include "base/network.h"
#include "base/time.h"
#include "wire/packet.h"
#include "wire/stream.h"

namespace scrimp::swim {

struct Config {
    Duration probe_interval = std::chrono::seconds{1};
    Duration probe_timeout = std::chrono::milliseconds{500};
    int indirect_probes = 3;
    int retransmit_mult = 4;
    int suspicion_mult = 4;
    int suspicion_max_timeout_mult = 6;
    /// Independent suspicions that bring the timeout down to its minimum; memberlist derives it as
    /// suspicion_mult - 2. Local: peers need not agree.
    int confirmations = 2;
    /// Whether a suspect is told of its suspicion with every ping (Lifeguard's buddy system).
    bool tells_suspects = true;
    /// Whether Doubted is told: for a balancer, who has other ways to look.
    bool tells_doubts = false;
    /// What is left of a suspicion, at most, once the accused's own host has refused our stream and
    /// none of the others asked could reach it either: nobody listens where a member must, so the
    /// process is gone. Local and safe: behind a firewall that refuses us, others still reach the
    /// accused; and it is told at once, so that one probe interval is time enough to refute. Large
    /// values switch this off.
    Duration suspicion_after_refusal = std::chrono::seconds{1};
    /// The same where the host has refused our packet as well, as only a host without the process
    /// does. Two refusals and nobody who reaches it leave little to wait for but a process that
    /// restarts this very moment.
    Duration suspicion_after_two_refusals = std::chrono::seconds{1};

    // What follows is not memberlist's, and off unless a profile turns it on.

    /// The least that a probe waits for a direct ack, where measured round trips are short;
    /// probe_timeout remains the most. Where two such waits fit into it the target is asked a
    /// second time before others are. What is saved the whole probe is shorter.
    Duration probe_timeout_min = Duration::max();
    /// Whether a member whose host refuses a packet of ours is probed at once, and a probe that is
    /// refused is widened at once.
    bool heeds_refused_packets = false;
    /// Whether who hears of a suspicion looks for itself (witness.h). As confirmations then come
    /// quickly, they are wanted in small clusters too: of half of the others, if there are less
    /// than twice `confirmations`.
    bool confirms_eagerly = false;
    /// Whether members are probed in the same order walk after walk, so that each is probed every
    /// n - 1 rounds; else in a new order each, and then within 2n - 1.
    bool steady_walk = false;
    /// Added to retransmit_mult from crowd_members on: news of one moment share their packets, so
    /// whoever is missed by all these packets misses all the news, and the more members there are
    /// the likelier somebody is. With twelve tellings that was one of two hundred in one run of
    /// six.
    int retransmit_mult_crowd = 0;
    /// So many times faster gossip goes while more waits than a packet holds: two hundred that join
    /// at once are two thousand tellings for each of them, 12 s at memberlist's pace.
    int gossip_haste = 1;

    Duration push_pull_interval = std::chrono::seconds{30};
    int awareness_max = 8;
    Duration gossip_interval = std::chrono::milliseconds{200};
    int gossip_nodes = 3;
    Duration gossip_to_the_dead = std::chrono::seconds{30};
    /// How often a lost member is called on, at most: see lost.h. Zero: never, as memberlist.
    Duration reconnect_interval = std::chrono::seconds{10};
    /// How often, at most, we call on somebody who asks us and is no member, or none any more: the
    /// news of him has missed us, or what we hold of him has missed him.
    /// Zero: never, as memberlist.
    Duration stranger_interval = std::chrono::seconds{1};
    /// How long a dead member's name keeps its address; a newcomer under that name from elsewhere
    /// is a conflict before. memberlist's DeadNodeReclaimTime, which there means "until forgotten"
    /// when it is 0; a replaced machine should not wait half a minute for that, so here 0 means 0.
    Duration dead_address_hold = Duration::zero();
    /// One stream operation, from dial to last byte (TCPTimeout).
    Duration stream_timeout = std::chrono::seconds{10};
    /// How long leave() waits for its goodbye to be told.
    Duration leave_timeout = std::chrono::seconds{5};
    std::size_t packet_bytes_max = wire::packet_bytes_max_default;
    /// All streams at once, and those of one address: a peer that opens connections and says
    /// nothing must not keep others out (memberlist limits only push/pulls, to 128).
    std::size_t streams_max = 128;
    std::size_t streams_per_address_max = 16;
    /// Memory for what peers' streams have brought so far, all together; over it the largest is
    /// closed. A thousand members with full metadata are one megabyte, so this is 64 of their
    /// states at once, or three of the longest streams there may be.
    std::size_t streams_bytes_max = std::size_t{64} << 20;
    /// A cluster larger than this is refused member by member: bounds memory against forged names.
    std::size_t members_max = 65'536;
    wire::StreamLimits stream_limits{.nodes_max = members_max};
    /// Delegate versions announced: Scrimp 0,0,0; Serf 0.9.4 2,5,5. One mismatch fails a merge.
    std::uint8_t delegate_min = 0;
    std::uint8_t delegate_max = 0;
    std::uint8_t delegate_current = 0;
    /// Where members may live; empty: anywhere. Members announced elsewhere are refused, and so are
    /// packets and streams that come from elsewhere, all of them: memberlist looks at the source of
    /// an alive only, and takes the word of any address about the rest.
    std::vector<Network> allowed_networks;
    /// Label, keys and compression, shared with every packet and stream; Node::set_envelope()
    /// replaces it.
    wire::Envelope envelope{};
};

/// Where the limit of retransmissions takes its third digit.
inline constexpr std::size_t crowd_members = 100;
/// retransmit_mult, with what a crowd adds.
[[nodiscard]] int retransmit_mult_among(std::size_t members, const Config& config);

/// For machines of one data centre: memberlist's DefaultLANConfig, but for rarer push/pulls, and
/// our own detection of failures, which is quicker and accuses less (docs/membership.md).
[[nodiscard]] Config lan_profile();
/// Across data centres: memberlist's DefaultWANConfig, with the same detection.
[[nodiscard]] Config wan_profile();
/// On one machine: memberlist's DefaultLocalConfig, with the same detection.
[[nodiscard]] Config local_profile();
/// What the original Scrimp LB ran with: multipliers of 2, TCP timeout 5 s, no confirmations.
[[nodiscard]] Config original_profile();

}  // namespace scrimp::swim
