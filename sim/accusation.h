// How often nodes that run are suspected and declared dead, in a small cluster with a bad network,
// a slow node or nodes that stop for a moment.
#pragma once

#include "sim/world.h"

namespace scrimp::sim {

enum class Trouble : std::uint8_t {
    None,      ///< Loss alone.
    SlowNode,  ///< One node answers after 100 to 700 ms.
    Pauses,    ///< Some node stops for up to four seconds, twice a minute.
};
[[nodiscard]] const char* name_of(Trouble trouble);

struct AccusationOptions {
    Options options;
    std::size_t nodes = 3;
    Trouble trouble = Trouble::None;
    Duration watched = std::chrono::hours{1};
    std::uint64_t seed = 1;
};

struct Accusations {
    std::size_t suspicions = 0;  ///< Begun at some node.
    std::size_t deaths = 0;      ///< Declared at some node.
    double bytes_per_node_second = 0;
};

[[nodiscard]] Accusations count_accusations(const AccusationOptions& options);

}  // namespace scrimp::sim
