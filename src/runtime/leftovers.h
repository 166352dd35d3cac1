// Programs that were killed and are not dead yet. One that waits for a disk or a network file
// system which does not answer cannot die before it does; nobody shall wait for that, and nobody
// begin it again and again meanwhile.
//
// One list for the process, since children are the process's: a loop may end before they do. Used
// by one thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/time.h"

namespace scrimp::runtime {

/// From the kill on nobody wonders. A kernel that is well takes a millisecond.
inline constexpr Duration dying_longest = std::chrono::milliseconds{100};
/// Of one command line, beside those that were killed just now: one may be enough for several
/// applications.
inline constexpr std::size_t leftovers_max = 3;

class Leftovers {
  public:
    /// Takes over a child, from now on ours alone to wait for, and kills its process group.
    void take(pid_t child, std::vector<std::string> argv);
    /// Lets go of those that are dead; never blocks.
    void reap();
    /// Whether `argv` may be started: fewer than leftovers_max of its earlier runs are left.
    [[nodiscard]] bool allow(const std::vector<std::string>& argv);

  private:
    struct Leftover {
        pid_t child;
        std::vector<std::string> argv;
        Instant since;
    };
    std::vector<Leftover> all_;
};

[[nodiscard]] Leftovers& leftovers();

}  // namespace scrimp::runtime
