#include "service/canary.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace scrimp::service {

void share_out(std::span<Upstream> upstreams, const std::vector<bool>& is_canary,
               std::uint8_t percent) {
    SCRIMP_ASSERT(upstreams.size() == is_canary.size());
    double canaries = 0;
    double others = 0;
    for (std::size_t i = 0; i < upstreams.size(); ++i) {
        (is_canary[i] ? canaries : others) += upstreams[i].weight;
    }
    if (canaries == 0 || others == 0) return;
    std::vector<double> shares;
    for (std::size_t i = 0; i < upstreams.size(); ++i) {
        shares.push_back(is_canary[i] ? upstreams[i].weight * percent / canaries
                                      : upstreams[i].weight * (100 - percent) / others);
    }
    const double scale = weight_max / *std::ranges::max_element(shares);
    for (std::size_t i = 0; i < upstreams.size(); ++i) {
        const auto weight = std::lround(shares[i] * scale);
        upstreams[i].weight = static_cast<std::uint16_t>(std::max(weight, 1L));
    }
}

}  // namespace scrimp::service
