#include "providers/settings.h"

#include <algorithm>

#include "base/json.h"
#include "base/printable.h"
#include "base/suggest.h"

namespace scrimp::providers {
namespace {

/// Keys of ours are shorter; a foreign one need not be quoted in full.
constexpr std::size_t key_chars_max = 64;

tl::unexpected<Error> fail_at(std::string_view key, const std::string& why) {
    return fail(printable(key, key_chars_max) + ": " + why);
}

}  // namespace

Result<void> check_keys(const Json& config, std::span<const std::string_view> known) {
    if (!config.is_object()) return fail("must be an object");
    for (const auto& [key, value] : config.items()) {
        if (std::ranges::find(known, key) != known.end()) continue;
        const auto meant = nearest(key, known);
        return fail_at(key, meant ? "unknown key; did you mean '" + std::string(*meant) + "'?"
                                  : "unknown key");
    }
    return {};
}

Result<std::optional<std::string>> optional_text(const Json& config, std::string_view key) {
    const Json* const value = find_member(config, key);
    if (value == nullptr) return std::optional<std::string>();
    auto text = read_text(*value);
    if (!text) return fail_at(key, text.error().message);
    return std::optional(*std::move(text));
}

Result<std::string> required_text(const Json& config, std::string_view key) {
    auto text = optional_text(config, key);
    if (!text) return tl::unexpected(text.error());
    if (!*text || (*text)->empty()) return fail_at(key, "required, and missing");
    return **std::move(text);
}

Result<std::uint16_t> optional_port(const Json& config, std::string_view key,
                                    std::uint16_t otherwise) {
    const Json* const value = find_member(config, key);
    if (value == nullptr) return otherwise;
    const auto port = read_port(*value);
    if (!port) return fail_at(key, port.error().message);
    return *port;
}

}  // namespace scrimp::providers
