// Any text as a keyring file, and as one key: refused in a line that can be printed and repeats
// nothing of it, or keys that are within their limits and read the same once more.
#include <algorithm>
#include <string>
#include <string_view>

#include "app/keyring_file.h"
#include "fuzz.h"

namespace {

using namespace scrimp;

void check(const Result<wire::Keyring>& keys) {
    if (!keys) {
        SCRIMP_ASSERT(!keys.error().message.empty());
        SCRIMP_ASSERT(
            std::ranges::all_of(keys.error().message, [](char c) { return c >= ' ' && c < 0x7f; }));
        return;
    }
    SCRIMP_ASSERT(!keys->empty() && keys->size() <= wire::Keyring::keys_max);
    std::string text = "[";
    for (const ByteView key : keys->secrets()) {
        SCRIMP_ASSERT(key.size() == 16 || key.size() == 24 || key.size() == 32);
        text += (text.size() == 1 ? "\"" : ",\"") + app::key_text(key) + "\"";
    }
    const auto again = app::parse_keyring(text + "]");
    SCRIMP_ASSERT(again && *again == *keys);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(fuzz::view(data, size));
    check(app::parse_keyring(text));
    check(app::parse_key(text));
    return 0;
}
