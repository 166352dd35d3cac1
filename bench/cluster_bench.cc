// What a node costs in a cluster of 10, 100 and 1,000 on the simulator: processor time per node
// and virtual second, and memory per node, the simulated network included. Prints JSON.
#include <malloc.h>
#include <sys/resource.h>

#include <cstdio>

#include "sim/world.h"

namespace scrimp::sim {
namespace {

constexpr std::chrono::seconds settling{5};
/// Every node probes ten times, and a third of them begin a push/pull in the small cluster.
constexpr std::chrono::seconds watched{10};

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// As the allocator counts it: resident memory would count what the first world leaves behind.
double heap_kilobytes() {
    const struct mallinfo2 heap = mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd) / 1024;
}

void measure(std::size_t members, const char* separator) {
    Options options;
    options.config = swim::lan_profile();
    options.check_rules = false;  // Theirs is not the product's work.
    const double before = heap_kilobytes();
    World world(options, 7);
    (void)world.spawn_known(members);
    world.run_for(settling);
    const double begun = processor_seconds();
    world.run_for(watched);
    const double spent = processor_seconds() - begun;
    const auto nodes = static_cast<double>(members);
    std::printf("\"%zu\": {\"microseconds\": %.2f, \"kilobytes\": %.1f}%s", members,
                spent * 1e6 / static_cast<double>(watched.count()) / nodes,
                (heap_kilobytes() - before) / nodes, separator);
}

}  // namespace
}  // namespace scrimp::sim

int main() {
    std::printf("{");
    for (const std::size_t members : {10U, 100U, 1000U})
        scrimp::sim::measure(members, members == 1000 ? "}\n" : ", ");
}
