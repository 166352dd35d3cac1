// The last generations that the proxy took, kept in state-dir: what, when and why, and each text,
// so that a person can see what changed and go back.
//
// A folder with a text each, NAME.conf by the generation's name, and index.json, which is replaced
// last: a kill or a disk that fails leaves a text that nobody names, or a part of one, and the next
// record removes it (a part load() too). Bounded by number and by bytes. Cost: a change writes its
// text once more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace scrimp::app {

inline constexpr std::size_t generations_kept_max = 10;
/// Ten generations of 5,000 applications; of more there are fewer, but for the latest.
inline constexpr std::size_t generations_bytes_max = std::size_t{16} << 20;

struct Generation {
    std::string name;
    std::int64_t at = 0;  ///< Unix seconds.
    std::uint64_t revision = 0;
    std::string why;
    std::size_t bytes = 0;
    friend bool operator==(const Generation&, const Generation&) = default;
};

class History {
  public:
    /// Empty: nothing is kept.
    explicit History(std::string directory);

    /// What is there. Where it cannot be read there is nothing, which is no failure (but see
    /// lost_pin); fails if the folder cannot be made.
    [[nodiscard]] Result<void> load();
    /// A generation that is kept already becomes the latest.
    [[nodiscard]] Result<void> record(Generation generation, std::string_view text);
    /// The latest first.
    [[nodiscard]] const std::vector<Generation>& generations() const { return generations_; }
    /// By its name or the beginning of it that no other has. The error names those there are.
    [[nodiscard]] Result<Generation> find(std::string_view name) const;
    [[nodiscard]] Result<std::string> text_of(const Generation& generation) const;

    /// The generation that stays whatever happens, also across a restart; empty: none.
    [[nodiscard]] const std::string& pinned() const { return pinned_; }
    [[nodiscard]] Result<void> set_pinned(std::string name);
    /// Why what was pinned, or may have been, could not be had at load(), a sentence; empty: all is
    /// well. Stands, as pinned() does, until set_pinned().
    [[nodiscard]] const std::string& lost_pin() const { return lost_pin_; }

  private:
    [[nodiscard]] std::string path_of(std::string_view name) const;
    [[nodiscard]] Result<void> write_index() const;
    [[nodiscard]] bool read_index(std::string_view text);
    void look_for_pinned();
    void drop_what_is_too_much();
    void remove_nameless() const;
    void remove_parts() const;

    std::string directory_;
    std::vector<Generation> generations_;
    std::string pinned_;
    std::string lost_pin_;
};

}  // namespace scrimp::app
