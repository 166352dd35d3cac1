// One member of a memberlist-compatible gossip cluster, as a Machine.
//
// SWIM (Das, Gupta, Motivala 2002) with Lifeguard's local health and suspicion (Dadgar, Phillips,
// Currey 2018), in the terms of HashiCorp memberlist 0.2.2: every round one member is probed,
// directly, then through others, then by TCP; who does not answer is suspected, and dead unless it
// refutes in time; news travel on the back of every packet, and whole states by push/pull over TCP.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "base/machine.h"
#include "base/result.h"
#include "swim/config.h"
#include "swim/stats.h"
#include "swim/types.h"

namespace scrimp::swim {

/// Contract. `now` never goes backwards (asserted). After every call below, take actions until
/// poll_action() is empty, then arm one timer for next_deadline(); a late or spurious
/// handle_deadline() is harmless. A call that comes far later than the deadline that was asked for
/// means that we stood still (a stopped process, a paused machine): every deadline then moves by as
/// much, and nobody is accused of our own silence. The same seed and the same calls give the same
/// actions, byte for byte. Cost of a call: O(bytes in) + O(actions out); no call touches every
/// member except a push/pull, the reshuffle of the probe order and a refused packet; a new name
/// shifts the sorted list.
class Node {
  public:
    Node(Instant now, Config config, Identity self, wire::NonceSource nonces, std::uint64_t seed);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Takes one UDP payload. Never fails: what cannot be understood is counted in stats() and
    /// forgotten. `packet` need only live for the call.
    void handle_packet(Instant now, const Endpoint& from, ByteView packet);

    /// The host of `to` answered a packet of ours with "port unreachable". It may be forged: it
    /// makes us look at once, and proves nothing. Endpoints of nobody are ignored.
    void handle_packet_refused(Instant now, const Endpoint& to);

    /// A peer connected to us. The returned name is used in every later call about this stream; a
    /// CloseStream for it may be the first action if a limit is reached.
    [[nodiscard]] StreamId handle_stream_accepted(Instant now, const Endpoint& from);
    /// A DialStream succeeded.
    void handle_stream_opened(Instant now, StreamId stream);
    /// Bytes arrived; any split is legal, one byte at a time included.
    void handle_stream_bytes(Instant now, StreamId stream, ByteView bytes);
    /// The stream is gone, or a DialStream failed. Not called after our own CloseStream; calls
    /// about a stream we closed are ignored.
    void handle_stream_closed(Instant now, StreamId stream, StreamEnd end);
    void handle_deadline(Instant now);

    /// Starts a join through `seeds` (push/pull with each, all at once); the answer comes later as
    /// JoinFinished. Fails at once if `seeds` holds nobody but ourselves, or a join or leave is
    /// under way. Whoever calls decides about trying again: see seed::Keeper.
    [[nodiscard]] Result<void> join(Instant now, std::span<const Endpoint> seeds);
    /// Takes over members known from a snapshot, as members() of a node of this cluster gave them:
    /// our own of an earlier life, or another's. The living are taken for alive until we learn
    /// better, those gone are left out, as are ourselves, names we know already and what exceeds
    /// members_max. Nobody is told, and no event follows: the caller knows them. A push/pull
    /// follows within one interval, as in all who have adopted the cluster, spread over it; who
    /// wants to be known to the others joins.
    void adopt(Instant now, std::span<const Member> known);
    /// Exchanges states with whoever is at `endpoints` and is no living member: part of a cluster
    /// that fell apart may be found there. Nothing is answered; what comes of it are member events.
    void meet(Instant now, std::span<const Endpoint> endpoints);
    /// Replaces our metadata and gossips it. Fails if it exceeds metadata_bytes_max.
    [[nodiscard]] Result<void> set_metadata(Instant now, ByteView metadata);
    /// From now on we speak and understand in this envelope; streams under way end in the one they
    /// began with. Label and keys matter to the whole cluster: every member must understand the one
    /// step before it and after it (wire/keyring.h). Announcements that wait are kept.
    void set_envelope(Instant now, wire::Envelope envelope);
    /// Says goodbye; LeaveFinished follows when it has been told often enough, or at the timeout,
    /// or at once if nobody is there to hear it. Afterwards only members() and stats() are useful.
    void leave(Instant now);

    /// Gossips `payload` to members by chance, as often as news is told: in a small cluster to
    /// everyone, some of them twice. Who hears it does not pass it on, as in memberlist: relaying
    /// and telling copies apart are for the floor above. Fails over what fits in one packet.
    [[nodiscard]] Result<void> broadcast(Instant now, ByteView payload);
    /// Sends `payload` to one member by packet (best-effort) or by stream (reliable).
    [[nodiscard]] Result<void> send_best_effort(Instant now, std::string_view name,
                                                ByteView payload);
    [[nodiscard]] Result<void> send_reliable(Instant now, std::string_view name, ByteView payload);

    [[nodiscard]] std::optional<Action> poll_action();
    [[nodiscard]] Instant next_deadline() const;

    /// Every known member, ourselves included, sorted by name. Valid until the next call.
    [[nodiscard]] std::span<const Member> members() const;
    /// Members neither dead nor left, ourselves included.
    [[nodiscard]] std::size_t alive_count() const;
    [[nodiscard]] const Member& self() const;
    [[nodiscard]] const wire::Envelope& envelope() const;
    [[nodiscard]] const Stats& stats() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};
static_assert(Machine<Node>);

}  // namespace scrimp::swim
