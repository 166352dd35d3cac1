// Any text as a scenario file: what is read is bounded and means something, and what is refused is
// refused with a sentence that names the file. Nothing is run.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "sim/script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace scrimp::sim;
    const auto script = parse_script("fuzz", {reinterpret_cast<const char*>(data), size});
    if (!script) {
        SCRIMP_ASSERT(script.error().message.starts_with("fuzz:"));
        SCRIMP_ASSERT(script.error().message.size() < 1000);
        return 0;
    }
    SCRIMP_ASSERT(script->nodes > 0 && script->nodes <= script_nodes_max);
    SCRIMP_ASSERT(script->steps.size() <= script_steps_max);
    SCRIMP_ASSERT(script->length() <= script_length_max);
    for (const Step& step : script->steps) {
        const auto* const deed = std::get_if<Deed>(&step.what);
        if (deed == nullptr) continue;
        SCRIMP_ASSERT(std::ranges::is_sorted(deed->group));
        SCRIMP_ASSERT(!deed->group.empty() && deed->group.back() < script->nodes);
    }
    return 0;
}
