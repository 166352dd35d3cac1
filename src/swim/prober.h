// Failure detection: one member at a time is asked whether it is there.
//
//   ping ── ack ─────────────────────────────────────────► well
//     └ probe_timeout: ping through others, and by stream ─ any ack ─► well
//                        └ end of the (scaled) interval ──► suspect
//
// Answers improve our own health, missing nacks worsen it: peers that were to answer whatever the
// target does tell us whether it is we who are deaf. A suspect is told of its suspicion with the
// ping itself, so that it can refute at once.
//
// One thing is quicker than memberlist: if the target's own host refuses the stream, nobody listens
// where a member must. The probe then ends as soon as every other asked has said that it got no
// answer either, and the suspicion has a short time of its own (Config::suspicion_after_refusal).
// Source: SWIM section 3.1, Lifeguard IV-A and IV-C; memberlist state.go
// (probe, probeNode).
#pragma once

#include "swim/courier.h"
#include "swim/membership.h"
#include "swim/streams.h"

namespace scrimp::swim {

class Prober {
  public:
    Prober(Instant now, Body& body, Membership& membership, Courier& courier, Streams& streams);

    void handle_ack(std::uint32_t question);
    void handle_nack(Instant now, std::uint32_t question);
    /// For the purpose Ping.
    void handle_outcome(Instant now, const StreamOutcome& outcome);
    void handle_deadline(Instant now);
    [[nodiscard]] Instant next_deadline() const;
    void stop();

  private:
    struct Probe {
        std::shared_ptr<const Profile> target;
        std::uint32_t incarnation;
        std::uint32_t question;
        Instant widens_at;  ///< When others are asked; `never` once they have been.
        Instant ends_at;
        bool refused = false;  ///< By the target's own host, when we tried a stream.
        int relays = 0;
        int nacks_expected = 0;
        int nacks_received = 0;
        std::optional<StreamId> stream{};
    };

    void start(Instant now);
    void widen(Instant now);
    void succeed();
    void hasten(Instant now, const Member& accused);
    void fail(Instant now);
    [[nodiscard]] bool is_hopeless() const;
    void end();
    [[nodiscard]] wire::Source own_source() const;

    Body& body_;
    Membership& membership_;
    Courier& courier_;
    Streams& streams_;
    std::optional<Probe> probe_;
    Instant next_round_;
};

}  // namespace scrimp::swim
