// The rules by which news about members become states of members, and go on as gossip.
//
// A higher incarnation wins; with equal ones dead beats suspect beats alive. Only a member itself
// raises its incarnation, to refute. A suspect is dead when its time is up (suspicion.h). Whole
// states are merged by the same rules, except that a death told that way is only a suspicion.
// Source: memberlist state.go (aliveNode, suspectNode, deadNode, mergeState, refute,
// verifyProtocol); docs/protocol.md section 11.
//
// Departures, all local: a dead member's name may be taken over from a new address (Config::
// dead_address_hold), and who was turned away while the old holder still seemed to live is let in
// when that one dies; an accusation of one who was turned away does not hit the holder of the name;
// what is gossiped on about a member is our own encoding of what we took in; incarnations near 2^32
// are ignored; members that left are forgotten like dead ones; an alive of incarnation 0 introduces
// a stranger; members whose versions do not fit ours are turned away whichever way they are
// announced, not only in a push/pull.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "swim/body.h"
#include "swim/deadlines.h"
#include "swim/suspicion.h"
#include "wire/stream.h"

namespace scrimp::swim {

/// How a member failed to answer.
enum class Silence : std::uint8_t {
    Complete,  ///< Neither packet nor stream.
    Stalled,   ///< Its host took our stream: it is there, and slow or stopped.
    Hearsay,   ///< We have not asked: a peer's state says so.
};

/// A suspicion that has begun, or our own finding about one that runs.
struct Suspected {
    std::string name;
    bool by_us;  ///< We have asked and got no answer.
};

class Membership {
  public:
    explicit Membership(Body& body) : body_(body) {}

    /// News from a peer. What is old, impossible or about strangers is dropped.
    void handle_alive(Instant now, const wire::Alive& alive);
    void handle_suspect(Instant now, const wire::Suspect& suspect);
    void handle_dead(Instant now, const wire::Dead& dead);

    /// Somebody who asks us accuses us of `incarnation` in the same packet: if that was refuted
    /// long ago, the refutation has missed it, and a new one is due.
    void handle_asked_and_accused(std::uint32_t incarnation);

    /// A peer's whole state. Fails, merging nothing, if some member's protocol or delegate version
    /// lies outside what every living member understands.
    [[nodiscard]] Result<void> merge(Instant now, std::vector<wire::NodeState> remote);

    /// Our own finding: `name`, as of `incarnation`, answered nothing. One that is merely stalled
    /// is no confirmation of what others found, our own suspicion of it is a patient one, and is
    /// told to nobody but the accused (witness.h): it would confirm those of others.
    void suspect_unanswered(Instant now, const std::string& name, std::uint32_t incarnation,
                            Silence silence = Silence::Complete);
    /// Moreover its host refused us: if it is a suspect, it has `left` at most.
    void hasten_suspicion(Instant now, const std::string& name, Duration left);

    /// Confirmations that a running suspicion of `name` waits for, ours being one that counts; else
    /// 0.
    [[nodiscard]] int confirmations_awaited(const std::string& name) const;
    /// What was newly suspected since the last call.
    [[nodiscard]] std::vector<Suspected> take_suspected() { return std::exchange(suspected_, {}); }

    /// Suspicions whose time is up.
    void handle_deadline(Instant now);
    void forget_suspected() { suspected_.clear(); }
    /// We stood still for `stall`, and so do the suspicions.
    void shift(Duration stall);
    [[nodiscard]] Instant next_deadline() const { return timeouts_.next(); }

    /// At most metadata_bytes_max (checked by the caller).
    void set_metadata(ByteView metadata);
    /// We are leaving: our own state becomes Left, and our goodbye is news.
    void leave(Instant now);
    [[nodiscard]] bool has_left() const { return body_.roster.self().state == State::Left; }
    /// The goodbye has been sent as often as news are.
    [[nodiscard]] bool goodbye_told() const;

  private:
    /// Another's claim to a name that is held: what it said, and what was said about it since.
    struct Claim {
        Profile profile;
        std::uint32_t incarnation = 0;
        State state = State::Alive;
        Instant at;
    };

    [[nodiscard]] Result<void> verify_versions(const std::vector<wire::NodeState>& remote) const;
    void refuse(Instant now, const std::string& name, const std::string& reason);
    void apply_suspect(Instant now, const wire::Suspect& suspect,
                       std::optional<Silence> found = std::nullopt);
    [[nodiscard]] int confirmations_wanted() const;
    void apply_dead(Instant now, const wire::Dead& dead);
    void apply_alive(Instant now, Profile profile, std::uint32_t incarnation);
    [[nodiscard]] Member* admit(Instant now, const Profile& profile, std::uint32_t incarnation);
    void accept_alive(Instant now, Member& member, Profile profile, std::uint32_t incarnation);
    void apply_alive_of_self(const Profile& profile, std::uint32_t incarnation);
    [[nodiscard]] bool may_change_address(Instant now, const Member& member) const;
    void handle_conflict(Instant now, const Member& holder, Profile claimed,
                         std::uint32_t incarnation);
    void note_claim(Instant now, Profile claimed, std::uint32_t incarnation);
    void settle_claim(Instant now, const std::string& name);
    void forget_old_claims(Instant now);
    [[nodiscard]] bool accuses_claimant(Instant now, const Member& holder,
                                        std::uint32_t incarnation, State accused_as,
                                        const wire::Message& accusation);
    void spread(const std::string& name, const wire::Message& news);
    void refute(std::uint32_t accused);
    void announce_self();
    void drop_suspicion(const std::string& name);
    void report(Change change, const Member& member);

    Body& body_;
    std::map<std::string, Suspicion, std::less<>> suspicions_;
    Deadlines<std::string> timeouts_;
    std::vector<Suspected> suspected_;
    /// Who was turned away because another held the name, until the holder dies.
    std::map<std::string, Claim> claims_;
    Instant next_conflict_report_{};
    Instant next_refusal_report_{};
};

}  // namespace scrimp::swim
