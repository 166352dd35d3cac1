// A scenario as text: a cluster, what is done to it and when, and what must come true.
//
//   nodes 5                              # n0 to n4; n0 is the balancer
//   loss 5%
//   at 20s kill n3
//   expect within 10s all see n3 dead
//   expect no false death for 1m
//
// A line is a statement, `#` starts a comment, indentation means nothing. The lines before the
// first `at` describe the cluster; times never go back, and what is expected is counted from the
// time of the statement above it. docs/simulation.md has every statement.
//
// A script is data: parsing runs nothing, and play.h runs it. The text comes from a file that
// anybody may have written, so all of it is bounded, and a mistake is a sentence with file and
// line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "sim/surroundings.h"

namespace scrimp::sim {

/// Numbers of nodes, ascending.
using Group = std::vector<std::uint32_t>;

// Longest text, most nodes, most steps and longest run: far above what anybody would write, and
// little enough to hold and to play.
inline constexpr std::size_t script_bytes_max = 64 << 10;
inline constexpr std::size_t script_nodes_max = 10'000;
inline constexpr std::size_t script_steps_max = 20'000;
inline constexpr std::size_t script_named_max = 1'000'000;  ///< By all groups together: 4 MB.
inline constexpr Duration script_length_max = std::chrono::hours{24};

/// What is done to processes and machines.
struct Deed {
    enum class Kind : std::uint8_t {
        Start,     ///< Those who do not run, and joins them.
        Restart,   ///< Kills those who run, then starts all.
        Kill,      ///< As SIGKILL.
        PowerOff,  ///< The machine is gone and refuses nothing.
        Leave,
        Pause,   ///< As SIGSTOP.
        Freeze,  ///< The machine stands still, its clock too.
        Resume,  ///< After either.
        Metadata,
        Slow,  ///< Everything they handle takes up to `span`.
    };
    Kind kind{};
    Group group{};
    std::string text{};  ///< Metadata.
    Duration span{};
};
struct CutLinks {
    Group from;
    Group to;
    Cut what;
    bool both_ways;
};
struct Heal {};
/// Of all links, or, if the group is not empty, of those from and to its members.
struct Quality {
    LinkQuality quality;
    Group group;
};

struct Step {
    std::size_t line;
    Duration at;
    std::variant<Deed, CutLinks, Heal, Quality> what;
};

/// Who must have seen something: a share of all, or a group.
struct Observers {
    double share = 1;
    Group group{};  ///< Empty: all.
};

/// `WHO see GROUP STATE`. Seen as they are: alive, with their own incarnation and metadata.
struct Seen {
    enum class As : std::uint8_t { Alive, Suspect, Dead, Left, Gone, AsTheyAre };
    Observers who;
    Group whom;
    As as;
};
/// `WHO count NUMBER`: live members, themselves included.
struct Counted {
    Observers who;
    std::size_t number;
};
struct Converged {};
/// `no death …`: nobody declares it; `only_running`: of nodes that run.
struct Spared {
    swim::Change change;
    bool only_running;
    Group of{};  ///< Empty: of anybody.
    Group by{};  ///< Empty: by anybody.
};

struct Expectation {
    std::size_t line;
    std::string text;  ///< As it was written.
    Duration from;
    Duration until;
    std::variant<Seen, Counted, Converged, Spared> what;
};

struct Script {
    std::string name;
    Options options;
    std::uint64_t seed = 1;
    std::size_t nodes = 0;
    bool known = false;  ///< Born knowing each other, instead of joining.
    Group absent;        ///< Not started at the beginning.
    std::vector<Step> steps;
    std::vector<Expectation> expectations;

    /// When the last step has been made and the last expectation is over.
    [[nodiscard]] Duration length() const;
};

/// `name` is the file's, for errors: "NAME:LINE: sentence".
[[nodiscard]] Result<Script> parse_script(std::string name, std::string_view text);

}  // namespace scrimp::sim
