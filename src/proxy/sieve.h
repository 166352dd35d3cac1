// Which of several things spoil the whole? Asked when the check refuses a table, so that one
// application at fault keeps no other out of service.
//
// The idea is delta debugging by halves (Zeller, 1999, simplified): what was accepted is kept, a
// part is tried together with it; an accepted part is kept too, a refused part is tried half by
// half, and a single refused item is guilty. k guilty of n cost about 2k log2 n trials. Before
// all, nothing at all is tried: if even that is refused, the fault lies elsewhere.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace scrimp::proxy {

class Sieve {
  public:
    /// Over the items 0 to items - 1.
    explicit Sieve(std::size_t items);

    [[nodiscard]] bool is_done() const { return segments_.empty(); }
    /// Items from this one on are neither kept nor guilty. Not when done.
    [[nodiscard]] std::size_t decided() const { return segments_.back().first; }
    /// The items to try next, sorted. Not when done (asserted).
    [[nodiscard]] std::vector<std::size_t> trial() const;
    /// The verdict on trial(). Returns the item that it proves guilty, if it does. If even nothing
    /// is refused, the sieve is done and nobody guilty.
    std::optional<std::size_t> handle_verdict(bool accepted);

  private:
    using Segment = std::pair<std::size_t, std::size_t>;  ///< From, and behind the last.

    std::vector<std::size_t> kept_;
    std::vector<Segment> segments_;  ///< To be tried, the next one last; the first one is empty.
};

}  // namespace scrimp::proxy
