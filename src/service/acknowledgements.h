// How a balancer answers backends that drain (service/farewell.h), as a Machine: a question waits
// until the engine serves a table that heeds what the asker announced.
//
//   unplaced() ─► the registry: heeded from table n on ─► handle_placed ┐
//   rollouts ───────────────► table m is served ───────► handle_served ─┴─► m ≥ n: SendServing
//
// A question may come before the announcement it is about, for gossip takes its time, or before the
// list that belongs to it: then it has no place yet, and is answered the moment it can be. Of each
// asker one question is held, for a bounded time; the asker repeats it.
//
// A place is good for one answer, and as long as the member announces nothing else: tables in
// between may have it back. One that waits for the engine is not given up for a newer question,
// which follows; else a member that changes often would never be answered.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/machine.h"
#include "service/farewell_message.h"

namespace scrimp::service {

/// Questions held at a time: a whole data centre that shuts down. Beyond it the oldest gives way.
inline constexpr std::size_t questions_held_max = 1024;
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

    void handle_question(Instant now, const ServingQuestion& question);
    /// Members and digests of metadata in question of which it is not known yet from which table on
    /// they are heeded. To be looked up after each question and whenever the registry moved.
    [[nodiscard]] std::vector<std::pair<std::string, ListDigest>> unplaced() const;
    /// Those that wait for the engine: whether they still announce that is to be looked up
    /// whenever the registry has made a table.
    [[nodiscard]] std::vector<std::pair<std::string, ListDigest>> placed() const;
    /// Tables from `revision` on heed what `member` announced with the metadata of that digest.
    void handle_placed(Instant now, const std::string& member, const ListDigest& digest,
                       std::uint64_t revision);
    /// The member announces something else now.
    void handle_displaced(Instant now, const std::string& member);
    /// The engine serves this table now.
    void handle_served(Instant now, std::uint64_t revision);

    void handle_deadline(Instant now);
    [[nodiscard]] std::optional<SendServing> poll_action();
    [[nodiscard]] Instant next_deadline() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<Acknowledgements>);

}  // namespace scrimp::service
