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
// says so. So it does for a balancer that goes away meanwhile: its proxy may serve on as it did,
// and it may be back in a moment, to be asked again; if not, it is named. Whoever comes new to the
// cluster has heard of nothing but the last announcement and is not asked.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/machine.h"
#include "service/farewell_message.h"
#include "swim/types.h"

namespace scrimp::service {

/// Farewells at a time: one for each application that somebody takes out by hand.
inline constexpr std::size_t farewells_max = 16;

enum class FarewellId : std::uint32_t {};

struct FarewellTimes {
    Duration timeout = std::chrono::seconds{30};  ///< For all.
    Duration wait = std::chrono::seconds{5};      ///< For who cannot answer or has gone.
};

/// To one balancer.
struct AskServing {
    std::string member;
    Bytes payload;
    friend bool operator==(const AskServing&, const AskServing&) = default;
};
/// How a farewell stands: something has changed. Names are sorted.
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
    [[nodiscard]] bool is_safe() const { return unheard.empty(); }
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
    /// Nothing if there are farewells_max. With no balancer it ends at once.
    [[nodiscard]] std::optional<FarewellId> begin(Instant now, const FarewellTimes& times);
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
