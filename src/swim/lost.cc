#include "swim/lost.h"

#include <algorithm>

namespace scrimp::swim {

namespace {

/// Serf's ReconnectTimeout.
constexpr Duration patience = std::chrono::hours{24};
/// Any one of the other side is enough to meet again; this many survive a large loss.
constexpr std::size_t lost_max = 256;

}  // namespace

void Lost::note(const std::string& name, const Endpoint& endpoint, Instant now) {
    lost_.insert_or_assign(name, Sight{endpoint, now});
    if (lost_.size() <= lost_max) return;
    lost_.erase(std::min_element(lost_.begin(), lost_.end(), [](const auto& a, const auto& b) {
        return a.second.at < b.second.at;
    }));
}

std::optional<Endpoint> Lost::pick(Instant now, Random& random) {
    std::erase_if(lost_, [&](const auto& entry) { return now - entry.second.at > patience; });
    if (lost_.empty()) return std::nullopt;
    return std::next(lost_.begin(), static_cast<std::ptrdiff_t>(random.below(lost_.size())))
        ->second.endpoint;
}

}  // namespace scrimp::swim
