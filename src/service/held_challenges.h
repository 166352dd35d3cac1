// The challenges that a balancer answers (service/challenge.h), as a Machine: told by members, kept
// for a bounded time, found by their tokens.
//
// Whoever told of one repeats it as long as it is wanted, so a balancer keeps nothing on disk and
// asks nobody after a restart. The first answer for a token stays: another for the same is refused,
// for a token is the ACME server's secret until it is asked for, and who guesses is no friend.
//
// Bounds: so many in all and of one member, and of members alone. Where it is full, who holds most
// gives way with his oldest to who holds less, so that one member that floods keeps nobody out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/machine.h"
#include "service/challenge.h"
#include "swim/types.h"

namespace scrimp::service {

/// Ten members that each renew as much as they may.
inline constexpr std::size_t challenges_held_max = 1000;
/// Let's Encrypt puts at most so many names into a certificate.
inline constexpr std::size_t challenges_of_member_max = 100;
/// Sixty repetitions: the agent of who asks may restart, and the client still wait for its server.
inline constexpr Duration challenge_keep = std::chrono::minutes{10};
/// The same is not answered more often, however often somebody tells it.
inline constexpr Duration challenge_reply_pause = std::chrono::milliseconds{100};

/// Whose challenges are taken: those of nodes whose names one of the patterns stands for.
struct ChallengePolicy {
    std::vector<std::string> nodes{};  ///< Empty: nobody's.
    [[nodiscard]] bool takes(std::string_view node) const;
    friend bool operator==(const ChallengePolicy&, const ChallengePolicy&) = default;
};

class HeldChallenges {
  public:
    /// `self`: our name, plain.
    HeldChallenges(Instant now, std::string self, ChallengePolicy policy);
    ~HeldChallenges();

    /// For what is told from now on.
    void set_policy(ChallengePolicy policy);
    /// Events of other members: who is none is not heard.
    void handle_event(Instant now, const swim::MemberEvent& event);
    /// Of a member or of ourselves; replies follow as actions.
    void handle_told(Instant now, const ChallengeTold& told);
    void handle_over(Instant now, const ChallengeOver& over);

    /// The answer; nothing if the token is none of ours. Valid until the next handle_*.
    [[nodiscard]] std::optional<std::string_view> find(Instant now, std::string_view token) const;
    [[nodiscard]] std::size_t count() const;

    void handle_deadline(Instant now);
    /// A reply, to its `member`.
    [[nodiscard]] std::optional<ChallengeReply> poll_action();
    [[nodiscard]] Instant next_deadline() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<HeldChallenges>);

}  // namespace scrimp::service
