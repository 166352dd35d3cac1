// Tells every balancer of the answer to an ACME challenge, and finds out when all hold it, as a
// Machine: only then may an ACME client say that it is ready, for nobody knows which balancer its
// server will ask.
//
//   begin ─► told to every balancer of ours, again until it answers ─► ChallengeSettled
//         └► then every ten seconds, until end() or an hour is over: a balancer that restarts, or
//            comes meanwhile, hears of it too
//
// A balancer that goes away is not waited for. One of the original cannot take part, and is named.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/machine.h"
#include "service/challenge.h"
#include "swim/types.h"

namespace scrimp::service {

/// At a time: as many as a balancer takes of one member.
inline constexpr std::size_t challenges_told_max = 100;
/// A living balancer answers within a round trip, and one that died is known for it by then.
inline constexpr Duration challenge_settle_longest = std::chrono::seconds{15};
/// A restarted balancer is without it no longer: ACME servers try more than once over longer.
inline constexpr Duration challenge_repeat = std::chrono::seconds{10};
/// Servers look within seconds of being asked; a client that died meanwhile takes nothing back.
inline constexpr Duration challenge_longest = std::chrono::hours{1};

/// To one balancer, which may be ourselves.
struct TellChallenge {
    std::string member;
    ChallengeMessage message;
    friend bool operator==(const TellChallenge&, const TellChallenge&) = default;
};
/// Names are sorted.
struct ChallengeSettled {
    std::string token;
    std::vector<std::string> held;
    std::vector<std::pair<std::string, ChallengeRefusal>> refused;
    std::vector<std::string> unheard;  ///< In time.
    std::vector<std::string> unable;   ///< Balancers of the original.
    [[nodiscard]] bool is_whole() const {
        return !held.empty() && refused.empty() && unheard.empty() && unable.empty();
    }
    friend bool operator==(const ChallengeSettled&, const ChallengeSettled&) = default;
};
using ChallengeAction = std::variant<TellChallenge, ChallengeSettled>;

class Challenges {
  public:
    /// `self`: our name, plain. `is_balancer`: we are told as the others are.
    Challenges(Instant now, std::string self, bool is_balancer);
    ~Challenges();

    /// Events of other members.
    void handle_event(Instant now, const swim::MemberEvent& event);
    /// ChallengeSettled follows. Fails, in a sentence, if there are challenges_told_max, or another
    /// answer for the token; the same once more is told, and settles, again.
    [[nodiscard]] Result<void> begin(Instant now, const Challenge& challenge);
    /// Balancers shall forget it, whoever began it; one that is waited for settles as it stands.
    void end(Instant now, const std::string& token);
    void handle_reply(Instant now, const ChallengeReply& reply);

    void handle_deadline(Instant now);
    [[nodiscard]] std::optional<ChallengeAction> poll_action();
    [[nodiscard]] Instant next_deadline() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<Challenges>);

}  // namespace scrimp::service
