#include "swim/formulas.h"

#include <algorithm>
#include <cmath>

namespace scrimp::swim {

namespace {

/// pushPullScaleThreshold (util.go).
constexpr std::size_t unscaled_members_max = 32;

}  // namespace

Duration suspicion_timeout(int mult, std::size_t members, Duration probe_interval) {
    const double known = static_cast<double>(std::max<std::size_t>(1, members));
    const double scale = std::max(1.0, std::log10(known));
    return mult * static_cast<Duration::rep>(scale * 1000) * probe_interval / 1000;
}

int retransmit_limit(int mult, std::size_t members) {
    return mult * static_cast<int>(std::ceil(std::log10(static_cast<double>(members + 1))));
}

Duration push_pull_interval(Duration interval, std::size_t members) {
    if (members <= unscaled_members_max) return interval;
    const double doublings = std::log2(static_cast<double>(members)) -
                             std::log2(static_cast<double>(unscaled_members_max));
    return (static_cast<Duration::rep>(std::ceil(doublings)) + 1) * interval;
}

}  // namespace scrimp::swim
