// When an Exchange may answer: who asks is anybody's claim, so each member is sent the same text
// only so often, and all of them together only so many bytes. Answers to a broadcast wait here for
// their moment, which is by chance, so that the asker is not told by everybody at once.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "service/exchange.h"

namespace scrimp::service {

class AnswerDesk {
  public:
    /// Both must outlive the desk.
    AnswerDesk(const ExchangeConfig& config, Random& random)
        : config_(config), random_(random), tokens_(config.answer_burst_bytes) {}

    /// Whether `asker` may be sent the text now, having been sent it for the last time no less than
    /// `pause` ago. If so, it counts as sent.
    [[nodiscard]] bool may_answer(Instant now, const std::string& asker, const ListDigest& digest,
                                  std::size_t bytes, Duration pause);
    /// Plans an answer to a broadcast; false if there are too many. One that waits already is
    /// enough.
    [[nodiscard]] bool plan(Instant now, const std::string& asker);
    /// Takes those whose moment has come.
    [[nodiscard]] std::vector<std::string> take_due(Instant now);
    [[nodiscard]] Instant next_deadline() const;

  private:
    void refill(Instant now);
    void forget_old(Instant now);

    const ExchangeConfig& config_;
    Random& random_;
    std::size_t tokens_;  ///< Bytes that may be sent at once.
    Instant refilled_at_{};
    std::map<std::pair<std::string, ListDigest>, Instant> sent_;
    Instant forget_at_{};
    std::map<std::string, Instant> planned_;
};

}  // namespace scrimp::service
