// News waiting to be told, each a limited number of times.
//
// Order: told least often first, then the longest, then the newest; a packet takes the first that
// fits, again and again. News with a subject replaces older news about the same subject, which it
// contradicts or repeats. Source: memberlist queue.go, TransmitLimitedQueue.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace scrimp::swim {

class GossipQueue {
  public:
    /// `message` is encoded, type byte included. Without a subject it replaces nothing. O(log n).
    void add(std::string subject, Bytes message);

    /// Appends to `out` what fits in `room` bytes, each costing its size and the overhead of a part
    /// in a compound, at most `parts_max` of them; nothing is drawn twice in one call. What has
    /// now been drawn `transmits_max` times leaves the queue.
    void draw(std::size_t room, std::size_t parts_max, int transmits_max, std::vector<Bytes>& out);

    [[nodiscard]] bool holds(const std::string& subject) const {
        return subjects_.contains(subject);
    }
    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    [[nodiscard]] std::size_t size() const { return waiting_.size(); }
    /// Of all messages that wait, without what a compound adds.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    struct Rank {
        int transmits = 0;
        std::size_t shortness = 0;  ///< Complement of the size: the longest comes first.
        std::uint64_t age = 0;      ///< Complement of the arrival number: the newest comes first.
        friend auto operator<=>(const Rank&, const Rank&) = default;
    };
    struct News {
        std::string subject;
        Bytes message;
    };
    using Waiting = std::map<Rank, News>;

    [[nodiscard]] Waiting::iterator find_fitting(std::size_t room);

    Waiting waiting_;
    std::map<std::string, Rank> subjects_;
    std::uint64_t arrivals_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace scrimp::swim
