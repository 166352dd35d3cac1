// Any text as the answer of a helper, for each action: refused with a sentence fit for one line, or
// bounded, and the same when it is written and read again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "seed/document.h"
#include "seed/helper_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace scrimp;
    using seed::HelperAction;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const HelperAction action :
         {HelperAction::Fetch, HelperAction::Publish, HelperAction::Resolve}) {
        const auto answer = seed::parse_answer(action, text);
        if (!answer) {
            const std::string& sentence = answer.error().message;
            SCRIMP_ASSERT(!sentence.empty());
            SCRIMP_ASSERT(std::ranges::all_of(
                sentence, [](char each) { return each >= 0x20 && each < 0x7f; }));
            continue;
        }
        SCRIMP_ASSERT(answer->seeds.size() <= seed::seeds_max);
        SCRIMP_ASSERT(answer->address.has_value() == (action == HelperAction::Resolve));
        const auto again = seed::parse_answer(action, seed::render_answer(action, *answer));
        SCRIMP_ASSERT(again && again->seeds == answer->seeds && again->address == answer->address &&
                      again->state == answer->state);
    }
    (void)seed::parse_request(text);
    return 0;
}
