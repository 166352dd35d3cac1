// Pings on behalf of others: a member that cannot reach a third asks us to try.
//
// We ping the third under a question of our own and pass its ack on. If none comes in time we say
// so with a nack: "I am well and reached, it is the other who is silent". Source: Lifeguard section
// IV-A; memberlist net.go (handleIndirectPing).
#pragma once

#include <map>

#include "swim/courier.h"
#include "swim/deadlines.h"

namespace scrimp::swim {

class Relay {
  public:
    Relay(Body& body, Courier& courier) : body_(body), courier_(courier) {}

    void handle_request(Instant now, const Endpoint& from, const wire::IndirectPing& request);
    void handle_ack(std::uint32_t question);
    /// Whom `to` refuses cannot be reached: whoever asked for that hears it at once.
    void handle_packet_refused(const Endpoint& to);
    void handle_deadline(Instant now);
    /// We stood still for `stall`.
    void shift(Duration stall);
    [[nodiscard]] Instant next_deadline() const { return deadlines_.next(); }

  private:
    struct Errand {
        Endpoint target;
        Endpoint asked_by;
        std::uint32_t asked_question;
        bool wants_nack;
        Instant ends_at;
    };

    void nack(Errand& errand);

    Body& body_;
    Courier& courier_;
    std::map<std::uint32_t, Errand> errands_;  ///< By our own question.
    Deadlines<std::uint32_t> deadlines_;
};

/// Where an answer goes: to the source a question names, else where its packet came from.
[[nodiscard]] Endpoint answer_address(const wire::Source& source, const Endpoint& from);

}  // namespace scrimp::swim
