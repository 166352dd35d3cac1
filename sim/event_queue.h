// What is going to happen, in order of time; what happens at one instant, in the order it was
// pushed. The second half is what makes a run repeatable: a plain heap leaves ties to its layout.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"

namespace scrimp::sim {

template <class T>
class EventQueue {
  public:
    void push(Instant at, T what) {
        entries_.push_back({at, sequence_++, std::move(what)});
        std::push_heap(entries_.begin(), entries_.end(), later);
    }

    /// When the first event is due; never if there is none.
    [[nodiscard]] Instant next() const { return entries_.empty() ? never : entries_.front().at; }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

    /// Takes the first event if it is due at `now`.
    [[nodiscard]] std::optional<T> pop(Instant now) {
        if (next() > now || entries_.empty()) return std::nullopt;
        std::pop_heap(entries_.begin(), entries_.end(), later);
        T what = std::move(entries_.back().what);
        entries_.pop_back();
        return what;
    }

  private:
    struct Entry {
        Instant at;
        std::uint64_t sequence;
        T what;
    };
    static bool later(const Entry& a, const Entry& b) {
        return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
    }

    std::vector<Entry> entries_;
    std::uint64_t sequence_ = 0;
};

}  // namespace scrimp::sim
