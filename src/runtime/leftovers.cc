#include "runtime/leftovers.h"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "runtime/clock.h"

namespace scrimp::runtime {

void Leftovers::take(pid_t child, std::vector<std::string> argv) {
    kill(-child, SIGKILL);
    all_.push_back({child, std::move(argv), now()});
    reap();
}

void Leftovers::reap() {
    // 0: not yet. Its number is nobody else's before it was waited for.
    std::erase_if(all_,
                  [](const Leftover& each) { return waitpid(each.child, nullptr, WNOHANG) != 0; });
}

bool Leftovers::allow(const std::vector<std::string>& argv) {
    reap();
    const auto left = std::ranges::count_if(all_, [&](const Leftover& each) {
        return each.argv == argv && now() - each.since >= dying_longest;
    });
    return static_cast<std::size_t>(left) < leftovers_max;
}

Leftovers& leftovers() {
    static Leftovers all;
    return all;
}

}  // namespace scrimp::runtime
