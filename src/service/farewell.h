// How a backend finds out that no balancer sends it new requests any more, as a Machine: whom to
// ask, how often, and when to stop waiting.
//
//   begin ─► questions to all balancers ─► their answers, as their engines serve ─► FarewellEnded
//
// What is to be told must be announced before begin(): a balancer answers for the announcement
// whose digest it is asked about, and holds a question about one that it has not heard yet, so the
// first question may overtake gossip. Questions are repeated until answered, since a balancer may
// restart or lose them. An answer for any announcement since begin() counts: what follows one that
// withdraws an application does not bring it back.
//
// Balancers of the original cannot answer. A stated wait stands for their answer, and the report
// says so. So it does for a balancer that goes away meanwhile, or went a short time before: its
// proxy may serve on as it did, and it may be back in a moment, to be asked again; if not, it is
// named. Who comes meanwhile is asked too. Where no balancer is known the wait stands for those
// that may be there, unmet, and nobody can say then that it is safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/machine.h"
#include "service/application.h"
#include "service/farewell_message.h"
#include "swim/types.h"

namespace scrimp::service {

/// Farewells at a time: one for each application that somebody takes out by hand, and one for the
/// end of the node.
inline constexpr std::size_t farewells_max = applications_max + 1;
/// A balancer whose agent restarts is back by then, if it comes back at all.
inline constexpr Duration gone_keep = std::chrono::seconds{30};
/// Those that went are remembered up to so many, the latest: more than clusters have.
inline constexpr std::size_t gone_max = 1024;

enum class FarewellId : std::uint32_t {};

struct FarewellTimes {
    Duration timeout = std::chrono::seconds{30};  ///< For all.
    Duration wait = std::chrono::seconds{5};      ///< For who cannot answer, has gone, is unmet.
    /// Whether there may be balancers though none is known.
    bool expects_balancers = true;
};

/// To one balancer.
struct AskServing {
    std::string member;
    Bytes payload;
    friend bool operator==(const AskServing&, const AskServing&) = default;
};
/// How a farewell stands: something has changed. Names are sorted; none at all: the wait is for
/// balancers that are not known.
struct FarewellProgress {
    FarewellId id;
    std::vector<std::string> acknowledged;
    std::vector<std::string> waiting;  ///< For their answers.
    std::vector<std::string> silent;   ///< Of the original: the wait stands for their answer.
    friend bool operator==(const FarewellProgress&, const FarewellProgress&) = default;
};
struct FarewellEnded {
    FarewellId id;
    std::vector<std::string> acknowledged;
    std::vector<std::string> waited_out;  ///< Of the original, the wait over.
    std::vector<std::string> unheard;     ///< Did not answer in time, or went away.
    bool met_nobody = false;              ///< The wait is over, and no balancer has come.
    [[nodiscard]] bool is_safe() const { return unheard.empty() && !met_nobody; }
    friend bool operator==(const FarewellEnded&, const FarewellEnded&) = default;
};
using FarewellAction = std::variant<AskServing, FarewellProgress, FarewellEnded>;

class Farewell {
  public:
    /// `self`: our name, plain.
    Farewell(Instant now, std::string self);
    ~Farewell();

    /// Events of other members.
    void handle_event(Instant now, const swim::MemberEvent& event);
    /// We enter the cluster anew: its members will be told again.
    void handle_blackout(Instant now);
    /// What we announce from now on.
    void set_announced(Instant now, const ListDigest& digest);
    /// Nothing if there are farewells_max. With no balancer, and none expected, it ends at once.
    [[nodiscard]] std::optional<FarewellId> begin(Instant now, const FarewellTimes& times);
    /// Ends it without a word.
    void cancel(Instant now, FarewellId id);
    void handle_answer(Instant now, const ServingAnswer& answer);

    void handle_deadline(Instant now);
    [[nodiscard]] std::optional<FarewellAction> poll_action();
    [[nodiscard]] Instant next_deadline() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<Farewell>);

}  // namespace scrimp::service
