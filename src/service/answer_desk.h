// When an Exchange may answer: who asks is anybody's claim, so each member is sent the same text
// only so often, and all of them together only so many bytes. Answers to a broadcast wait here for
// their moment, which is by chance, so that the asker is not told by everybody at once. So do, for
// a moment, the questions of strangers: a balancer that joins hears of all members at once and asks
// at once, while gossip of the balancer itself still travels.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "service/exchange.h"
#include "service/exchange_message.h"

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

    /// Holds the question of somebody who is not known yet; of many, the latest.
    void hold(Instant now, const Question& question);
    /// Takes what was held of `asker` and not too long ago.
    [[nodiscard]] std::vector<Question> take_held(Instant now, const std::string& asker);

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
    std::deque<std::pair<Instant, Question>> held_;
};

}  // namespace scrimp::service
