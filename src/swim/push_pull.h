// Whole states over streams: to join, now and then to mend what gossip missed, and to find again
// who was lost.
//
// When the answer makes us refute (we restarted, or a healed network brings us our own death), the
// same peer is called once more: the first exchange told us, the second tells them. So a restarted
// node is a member again after two round trips instead of when gossip gets round.
// Source: memberlist state.go (pushPull, pushPullNode), memberlist.go (Join); the second call and
// those to the lost (see lost.h) and to strangers are ours.
#pragma once

#include <span>

#include "swim/membership.h"
#include "swim/streams.h"

namespace scrimp::swim {

class PushPull {
  public:
    PushPull(Instant now, Body& body, Membership& membership, Streams& streams);

    /// See Node::join.
    [[nodiscard]] Result<void> join(Instant now, std::span<const Endpoint> seeds);
    /// See Node::meet.
    void meet(Instant now, std::span<const Endpoint> endpoints);
    /// Somebody at `from` asks whether we live. A stranger is called on once in a stranger_interval
    /// at most. O(n), in a large cluster only now and then.
    void handle_asked(Instant now, const Endpoint& from);
    /// A peer sent us its state: ours goes back, theirs is merged.
    void answer(Instant now, StreamId stream, wire::PushPull theirs);
    /// For the purposes Join, PushPull and FollowUp: our state, as it is now.
    void handle_opened(StreamId stream, Purpose purpose);
    /// For the same purposes.
    void handle_outcome(Instant now, StreamOutcome outcome);
    void handle_deadline(Instant now);
    [[nodiscard]] Instant next_deadline() const;
    /// We stood still for `stall`.
    void shift(Duration stall);
    /// The next call of our own comes at any time within an interval as long as this cluster's.
    void draw_next_call(Instant now);
    /// No more exchanges of our own; a join under way ends as not reached.
    void stop();

  private:
    struct Joining {
        int attempted = 0;
        int reached = 0;
        int answered = 0;
        std::string last_error{};
    };

    [[nodiscard]] wire::PushPull own_state(bool join) const;
    void call(Instant now, const Endpoint& peer, Purpose purpose);
    [[nodiscard]] Result<void> take(Instant now, StreamOutcome outcome);
    void count_joined(const Result<void>& outcome);
    void call_someone(Instant now);
    void call_someone_lost(Instant now);

    Body& body_;
    Membership& membership_;
    Streams& streams_;
    std::optional<Joining> joining_;
    Instant next_call_;
    Instant next_reconnect_;
    Instant next_stranger_{};  ///< Before that nobody is looked at.
};

}  // namespace scrimp::swim
