// Any text as a seeds document: what is read is bounded, holds no seed twice, and survives being
// written and read again.
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
    SCRIMP_ASSERT(std::set<Endpoint>(seeds->begin(), seeds->end()).size() == seeds->size());
    SCRIMP_ASSERT(std::ranges::all_of(
        *seeds, [](const Endpoint& each) { return each.port != 0 && !each.is_unspecified(); }));
    const auto again = seed::parse_seeds(seed::render_seeds(*seeds));
    SCRIMP_ASSERT(again && *again == *seeds);
    return 0;
}
