// Named deadlines: at most one a key, taken in the order of time, then of key.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/time.h"

namespace scrimp::swim {

/// Every operation costs O(log n).
template <class Key>
class Deadlines {
  public:
    /// Replaces what was set for `key`.
    void set(const Key& key, Instant when) {
        cancel(key);
        by_key_.emplace(key, when);
        by_time_.emplace(when, key);
    }

    void cancel(const Key& key) {
        const auto known = by_key_.find(key);
        if (known == by_key_.end()) return;
        by_time_.erase({known->second, key});
        by_key_.erase(known);
    }

    /// The earliest key whose time has come; it is forgotten.
    [[nodiscard]] std::optional<Key> take_due(Instant now) {
        if (next() > now) return std::nullopt;
        Key key = by_time_.begin()->second;
        cancel(key);
        return key;
    }

    /// Every deadline is `by` later. O(n).
    void shift(Duration by) {
        by_time_.clear();
        for (auto& [key, when] : by_key_) {
            when += by;
            by_time_.emplace(when, key);
        }
    }

    [[nodiscard]] bool empty() const { return by_key_.empty(); }
    [[nodiscard]] Instant next() const {
        return by_time_.empty() ? never : by_time_.begin()->first;
    }

  private:
    std::map<Key, Instant> by_key_;
    std::set<std::pair<Instant, Key>> by_time_;
};

}  // namespace scrimp::swim
