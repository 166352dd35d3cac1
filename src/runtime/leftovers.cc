#include "runtime/leftovers.h"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>

namespace scrimp::runtime {

void Leftovers::take(pid_t child, std::vector<std::string> argv) {
    kill(-child, SIGKILL);
    all_.emplace_back(child, std::move(argv));
    reap();
}

void Leftovers::reap() {
    // 0: not yet. Its number is nobody else's before it was waited for.
    std::erase_if(all_,
                  [](const auto& each) { return waitpid(each.first, nullptr, WNOHANG) != 0; });
}

bool Leftovers::allow(const std::vector<std::string>& argv) {
    reap();
    const auto left =
        std::ranges::count_if(all_, [&argv](const auto& each) { return each.second == argv; });
    return static_cast<std::size_t>(left) < leftovers_max;
}

Leftovers& leftovers() {
    static Leftovers all;
    return all;
}

}  // namespace scrimp::runtime
