// Any text as a seeds document: what is read is bounded, holds no seed twice, and survives being
// written and read again; whatever it held, we are in it once we have been put there.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>

#include "base/assert.h"
#include "seed/document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace scrimp;
    const auto seeds = seed::parse_seeds({reinterpret_cast<const char*>(data), size});
    if (!seeds) {
        SCRIMP_ASSERT(!seeds.error().message.empty());
        return 0;
    }
    SCRIMP_ASSERT(seeds->size() <= seed::seeds_max);
    std::set<Endpoint> endpoints;
    for (const seed::Seed& each : *seeds) {
        SCRIMP_ASSERT(each.endpoint.port != 0 && !each.endpoint.is_unspecified());
        SCRIMP_ASSERT(endpoints.insert(each.endpoint).second);
    }
    const auto again = seed::parse_seeds(seed::render_seeds(*seeds));
    SCRIMP_ASSERT(again && *again == *seeds);

    constexpr std::int64_t now = 1'700'000'000;
    const Endpoint self = *parse_ip("10.0.0.1", 9999);
    auto with_us = *seeds;
    (void)seed::put_seed(with_us, self, now, seed::expiry_default);
    SCRIMP_ASSERT(with_us.size() <= seed::seeds_max);
    SCRIMP_ASSERT(std::ranges::count(with_us, self, &seed::Seed::endpoint) == 1);
    SCRIMP_ASSERT(!seed::put_seed(with_us, self, now, seed::expiry_default));
    const auto fresh = seed::fresh_endpoints(with_us, now, seed::expiry_default);
    SCRIMP_ASSERT(std::ranges::count(fresh, self) == 1);
    return 0;
}
