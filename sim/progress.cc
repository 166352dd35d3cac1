#include "sim/progress.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

namespace scrimp::sim {
namespace {

constexpr double terminal_pause = 0.2;
constexpr double log_pause = 10;

}  // namespace

double wall_seconds() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      last_(wall_seconds()) {}

Progress::~Progress() {
    if (terminal_ && shown_) std::fputs("\r\033[K", stderr);
}

void Progress::show(std::size_t done) {
    const double now = wall_seconds();
    if (now - last_ < (terminal_ ? terminal_pause : log_pause)) return;
    last_ = now;
    shown_ = true;
    std::fprintf(stderr, terminal_ ? "\r\033[K%zu of %zu %s" : "%zu of %zu %s\n", done, total_,
                 what_.c_str());
    std::fflush(stderr);
}

}  // namespace scrimp::sim
