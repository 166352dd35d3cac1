// Programs that were killed and are not dead yet. One that waits for a disk or a network file
// system which does not answer cannot die before it does; nobody shall wait for that, and nobody
// begin it again and again meanwhile.
//
// One list for the process, since children are the process's: a loop may end before they do. Used
// by one thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace scrimp::runtime {

/// Of one command line. What was killed may be there for a moment when the next begins.
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
    std::vector<std::pair<pid_t, std::vector<std::string>>> all_;
};

[[nodiscard]] Leftovers& leftovers();

}  // namespace scrimp::runtime
