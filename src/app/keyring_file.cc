#include "app/keyring_file.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/base64.h"
#include "base/json.h"
#include "base/words.h"
#include "runtime/files.h"

namespace scrimp::app {
namespace {

/// Sixteen keys of 32 bytes take 800 in base64; the rest is room for white space.
constexpr std::size_t file_bytes_max = 16 * 1024;
/// 32 bytes in base64.
constexpr std::size_t key_chars_max = 44;

constexpr std::string_view form = "a JSON list of keys in base64, as scrimplb keygen makes them";

void wipe(std::string& text) {
    explicit_bzero(text.data(), text.size());
    text.clear();
}

/// Appends the key that is spelled so.
Result<void> add_key(std::string_view text, wire::Keyring& keys) {
    if (text.size() > key_chars_max) return fail("is longer than any key");
    std::array<std::byte, base64_decoded_max(key_chars_max)> bytes;
    const Result<std::size_t> size = base64_decode(text, bytes);
    Result<void> added = size ? keys.add(ByteView(bytes).first(*size)) : fail("is no base64");
    explicit_bzero(bytes.data(), bytes.size());
    return added;
}

Result<wire::Keyring> keys_of(const Json& list) {
    if (!list.is_array()) return fail("must hold " + std::string(form));
    if (list.empty()) return fail("holds no key; make one with scrimplb keygen");
    wire::Keyring keys;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::string entry = "entry " + std::to_string(i + 1) + ": ";
        if (!list[i].is_string()) return fail(entry + "must be a key in base64");
        if (auto added = add_key(list[i].get_ref<const std::string&>(), keys); !added)
            return fail(entry + added.error().message);
    }
    return keys;
}

}  // namespace

Result<wire::Keyring> parse_keyring(std::string_view text) {
    auto json = parse_json(text, {.bytes_max = file_bytes_max, .depth_max = 2, .values_max = 100});
    // The reader's own sentence would quote the text.
    if (!json) return fail("must hold " + std::string(form));
    Result<wire::Keyring> keys = keys_of(*json);
    if (json->is_array()) {
        for (Json& entry : *json) {
            if (entry.is_string()) wipe(entry.get_ref<std::string&>());
        }
    }
    return keys;
}

Result<wire::Keyring> read_keyring(const std::string& path) {
    auto text = runtime::read_private_file(path, file_bytes_max);
    if (!text) return tl::unexpected(text.error());
    if (!*text) return fail(path + ": there is no such file; scrimplb keygen --output makes one");
    Result<wire::Keyring> keys = parse_keyring(**text);
    wipe(**text);
    if (!keys) return fail(path + ": " + keys.error().message);
    return keys;
}

Result<void> write_keyring(const std::string& path, const wire::Keyring& keys) {
    std::string text;
    text.reserve(file_bytes_max);  // Never moved, so nothing is left behind unwiped.
    text = "[";
    for (const ByteView key : keys.secrets()) {
        std::string spelled = key_text(key);
        text.append(text.size() == 1 ? "\n  \"" : ",\n  \"").append(spelled).append("\"");
        wipe(spelled);
    }
    text += "\n]\n";
    Result<void> written = runtime::replace_private_file(path, text);
    wipe(text);
    return written;
}

Result<wire::Keyring> parse_key(std::string_view text) {
    const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    wire::Keyring keys;
    if (auto added = add_key(text, keys); !added) return fail("the key " + added.error().message);
    return keys;
}

std::string key_text(ByteView key) {
    return base64_encode(key);
}

std::string keys_text(const wire::Keyring& keys) {
    std::string text;
    for (const std::string& name : keys.fingerprints()) {
        text += (text.empty() ? "" : ", ") + name + (text.empty() ? " (seals)" : "");
    }
    return text;
}

}  // namespace scrimp::app
