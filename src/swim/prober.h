// Failure detection: one member at a time is asked whether it is there.
//
//   ping ── ack ─────────────────────────────────────────► well
//     └ patience is over: ping through others, and by stream ─ any ack ─► well
//                        └ end of the (scaled) interval ──► suspect
//
// Answers improve our own health, missing nacks worsen it: peers that were to answer whatever the
// target does tell us whether it is we who are deaf. A suspect is told of its suspicion with the
// ping itself, so that it can refute at once.
//
// What is quicker than memberlist:
// - the patience follows the round trips that were measured (Config::probe_timeout_min). Where two
//   fit into memberlist's, a second ping goes before others are asked: it makes good for one lost
//   packet at a tenth of the bytes. What is left of the time is not waited for;
// - a packet that the target's own host refuses widens the probe at once, and begins one if none
//   was under way. Such a refusal can be forged, so it hurries us and proves nothing;
// - if the host refuses the stream too, nobody listens where a member must. The probe then ends as
//   soon as every other asked has said that it got no answer either, and the suspicion has a short
//   time of its own (Config::suspicion_after_refusal).
// What is more patient: a target whose host took our stream, but which did not answer, is slow or
// stopped, not gone. It is suspected, but that is no confirmation of what others say.
//
// Beside the probe of the round there are checks, out of turn: of members whose host refused a
// packet, and of those whom others suspect (witness.h); the latter ask nobody else, since the
// others look for themselves. Source: SWIM section 3.1, Lifeguard IV-A and IV-C; memberlist
// state.go (probe, probeNode).
#pragma once

#include <optional>
#include <vector>

#include "swim/blocked.h"
#include "swim/courier.h"
#include "swim/membership.h"
#include "swim/streams.h"

namespace scrimp::swim {

class Prober {
  public:
    Prober(Instant now, Body& body, Membership& membership, Courier& courier, Streams& streams);

    /// Asks `target` now, alone, unless it is being asked or too many are.
    void check(Instant now, const Member& target);

    void handle_ack(Instant now, const Endpoint& from, std::uint32_t question);
    void handle_nack(Instant now, std::uint32_t question);
    /// The host of `to` says that nobody takes packets there.
    void handle_packet_refused(Instant now, const Endpoint& to);
    /// For the purpose Ping.
    void handle_outcome(Instant now, const StreamOutcome& outcome);
    void handle_deadline(Instant now);
    [[nodiscard]] Instant next_deadline() const;
    /// We stood still for `stall`: everybody gets the time they would have had.
    void shift(Duration stall);
    void stop();

  private:
    struct Probe {
        std::shared_ptr<const Profile> target;
        std::uint32_t incarnation;
        std::uint32_t question;
        bool in_turn;  ///< The round's.
        bool alone;    ///< Asks nobody else.
        Instant asked_at;
        Instant widens_at;  ///< When more is tried; `never` once all is.
        Instant ends_at;
        int tries_left;               ///< Pings before others are asked.
        Duration patience;            ///< With each.
        bool packet_refused = false;  ///< By the target's own host,
        bool stream_refused = false;  ///< and when we tried a stream.
        bool stream_silent = false;   ///< Its host took the stream, and nothing came.
        int relays = 0;
        int nacks_expected = 0;
        int nacks_received = 0;
        std::optional<StreamId> stream{};
    };

    [[nodiscard]] bool in_round() const;
    [[nodiscard]] Probe* find(std::uint32_t question);
    [[nodiscard]] bool is_probed(const Endpoint& target) const;
    void start_round(Instant now);
    Probe& start(Instant now, const Member& target, bool in_turn, bool alone);
    void ping(const Member& target, std::uint32_t question, bool with_news);
    void try_more(Instant now, Probe& probe);
    void widen(Instant now, Probe& probe);
    void ask_others(Probe& probe);
    void dial(Instant now, Probe& probe);
    void settle_refused(Instant now, Probe& probe);
    void succeed(Instant now, const Probe& probe);
    void fail(Instant now, const Probe& probe);
    void hasten(Instant now, const Probe& failed);
    void end(const Probe& probe);
    [[nodiscard]] wire::Source own_source() const;

    Body& body_;
    Membership& membership_;
    Courier& courier_;
    Streams& streams_;
    std::vector<Probe> probes_;  ///< One of the round, and checks_max at most.
    Instant next_round_;
    Instant next_refused_check_{};
    Blocked blocked_;
};

}  // namespace scrimp::swim
