// The words of one line of a scenario file, taken from the left. The first thing that is wrong is
// kept as a sentence; after it everything taken is a harmless default, so that a statement is read
// straight through and asked once, at its end, whether it was well.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace scrimp::sim {

class ScriptWords {
  public:
    /// Borrows the line, which must outlive this. `nodes` is how many there are, 0 if unknown yet.
    ScriptWords(std::string_view line, std::size_t nodes);

    [[nodiscard]] bool empty() const { return at_ == words_.size(); }
    [[nodiscard]] bool well() const { return error_.empty(); }
    [[nodiscard]] const std::string& error() const { return error_; }
    /// Keeps the first complaint.
    void complain(std::string sentence);

    /// Takes the next word if it is this one.
    bool take(std::string_view word);
    /// Takes the next word, which must be this one.
    void must(std::string_view word);
    /// Takes one of `choices`; `what` says what they are: "a state". Returns its place, or 0.
    std::size_t choice(std::string_view what, std::span<const std::string_view> choices);
    std::string_view word(std::string_view what);
    std::uint64_t number(std::string_view what, std::uint64_t most);
    Duration span();
    double share();
    /// `all`, or numbers and ranges: `n3`, `1-5`, `n0,3,7-9`.
    std::vector<std::uint32_t> group();
    /// Whether the next word is a share: `99%`.
    [[nodiscard]] bool share_follows() const;
    /// How many nodes the groups of this line have named, all together.
    [[nodiscard]] std::size_t named() const { return named_; }
    /// Everything that is left, as it was written.
    std::string rest(std::string_view what);
    /// Nothing may be left.
    void end();

  private:
    void add_range(std::string_view range, std::vector<std::uint32_t>& numbers);

    std::string_view line_;
    std::size_t nodes_;
    std::vector<std::string_view> words_;
    std::size_t at_ = 0;
    std::size_t named_ = 0;
    std::string error_;
};

}  // namespace scrimp::sim
