// What must hold for every message of the exchange that one process sends, beside the rules of
// sim/checkers.h: it goes to a living member or to all; calls to all keep their pause; questions
// about one list keep the back-off, from whichever member it is asked; and nobody is told the same
// list twice within the pause. A member's new announcement starts the back-off anew.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "service/exchange.h"
#include "service/exchange_message.h"
#include "sim/checkers.h"

namespace scrimp::sim {

/// Questions about one list within `span`, at most: the wait between them doubles with every second
/// one, and chance shortens it by half at most.
[[nodiscard]] std::uint64_t questions_max(const service::ExchangeConfig& config, Duration span);

class ExchangeChecker {
  public:
    explicit ExchangeChecker(service::ExchangeConfig config) : config_(std::move(config)) {}

    /// `to` is empty for a message to all; `members` are those that the sender knows.
    [[nodiscard]] Finding sent(Instant now, const std::string& to,
                               const service::ExchangeMessage& message,
                               std::span<const swim::Member> members);
    void handle_event(const swim::MemberEvent& event);

  private:
    struct Asked {
        Instant first;
        std::uint64_t times = 0;
    };
    service::ExchangeConfig config_;
    Instant called_at_ = Instant::min();
    std::map<service::ListDigest, Asked> asked_;
    std::map<std::pair<std::string, service::ListDigest>, Instant> answered_at_;
};

}  // namespace scrimp::sim
