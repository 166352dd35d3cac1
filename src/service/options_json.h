// An application's options as they stand in its object, in configuration files and in announcements
// (docs/options.md has the keys): read strictly, and written in one canonical form.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "service/options.h"

namespace scrimp::service {

/// Of a backend, beside its options.
inline constexpr std::string_view weight_key = "weight";
inline constexpr std::string_view label_key = "label";

/// All keys of options, in the order in which they are written; without weight_key and label_key.
[[nodiscard]] std::span<const std::string_view> option_keys();

/// Bounds of one application's options, each far above honest use.
inline constexpr std::size_t paths_max = 16;
inline constexpr std::size_t networks_max = 64;
inline constexpr std::size_t credentials_max = 32;
inline constexpr std::size_t redirects_max = 32;
inline constexpr std::size_t headers_max = 16;

/// From an object with whatever other keys. The error names the key at fault, is printable ASCII
/// and says what would do; of a text that may be a password it shows nothing.
[[nodiscard]] Result<Options> parse_options(const nlohmann::json& object);

/// `,"key":value` for each that is said, in the order of option_keys(); parse_options() reads it
/// back.
[[nodiscard]] std::string render_options(const Options& options);

/// What `above` says where it says something, else what `below` does.
[[nodiscard]] Options merged(const Options& above, const Options& below);

[[nodiscard]] std::string_view name_of(Balance balance);

}  // namespace scrimp::service
