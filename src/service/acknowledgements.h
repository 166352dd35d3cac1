// How a balancer answers backends that drain (service/farewell.h), as a Machine: a question waits
// until the engine serves a configuration that takes into account what the asker announced.
//
//   announcements ─► folded into table revision n ┐
//   rollouts ───────► revision m is served ───────┴─► m ≥ n: SendServing
//
// A question may come before the announcement it is about, for gossip takes its time, or before the
// list that belongs to it: it is held then, and answered the moment it can be. Of each
// member one is held, for a bounded time; the asker repeats it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/machine.h"
#include "service/farewell_message.h"
#include "swim/types.h"

namespace scrimp::service {

/// Longer than askers wait between two (service/farewell.cc), so that none is held for nothing.
inline constexpr Duration question_keep = std::chrono::seconds{5};
/// The same member is not answered more often, however often somebody asks in its name.
inline constexpr Duration serving_pause = std::chrono::milliseconds{100};

struct SendServing {
    std::string member;
    Bytes payload;
    friend bool operator==(const SendServing&, const SendServing&) = default;
};

class Acknowledgements {
  public:
    /// `self`: our name, plain.
    Acknowledgements(Instant now, std::string self);
    ~Acknowledgements();

    /// Events of other members, after the registry has taken them in; `revision`: of its table
    /// then.
    void handle_event(Instant now, const swim::MemberEvent& event, std::uint64_t revision);
    /// The same for a list that was learned of `member`.
    void handle_list(Instant now, const std::string& member, const ListDigest& list,
                     std::uint64_t revision);
    /// The engine serves this table now.
    void handle_served(Instant now, std::uint64_t revision);
    void handle_question(Instant now, const ServingQuestion& question);

    void handle_deadline(Instant now);
    [[nodiscard]] std::optional<SendServing> poll_action();
    [[nodiscard]] Instant next_deadline() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<Acknowledgements>);

}  // namespace scrimp::service
