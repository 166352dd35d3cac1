#include "providers/settings.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/endpoint.h"
#include "base/suggest.h"

namespace scrimp::providers {

using nlohmann::json;

Result<void> check_keys(const json& config, std::span<const std::string_view> known) {
    if (!config.is_object()) return fail("must be an object");
    for (const auto& [key, value] : config.items()) {
        if (std::ranges::find(known, key) != known.end()) continue;
        std::string message = key + ": unknown key";
        if (const auto meant = nearest(key, known)) {
            message += "; did you mean '" + std::string(*meant) + "'?";
        }
        return fail(std::move(message));
    }
    return {};
}

Result<std::optional<std::string>> read_text(const json& config, const std::string& key) {
    const auto found = config.find(key);
    if (found == config.end()) return std::optional<std::string>();
    if (!found->is_string()) return fail(key + ": must be a text in quotes");
    return std::optional(found->get_ref<const std::string&>());
}

Result<std::string> read_required_text(const json& config, const std::string& key) {
    const auto text = read_text(config, key);
    if (!text) return tl::unexpected(text.error());
    if (!*text || (*text)->empty()) return fail(key + ": required, and missing");
    return **text;
}

Result<std::uint16_t> read_port(const json& config, const std::string& key,
                                std::uint16_t otherwise) {
    const auto found = config.find(key);
    if (found == config.end()) return otherwise;
    // What is neither text nor number reads as JSON, which is no port either.
    const std::string text = found->is_string() ? found->get<std::string>() : found->dump();
    return parse_port(text).map_error(
        [&](const Error& error) { return Error{key + ": " + error.message}; });
}

}  // namespace scrimp::providers
