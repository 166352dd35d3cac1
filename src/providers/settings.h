// Reads the small flat objects provider-config and resolver-config, strictly: unknown keys are
// refused with the nearest known one, and every error is "KEY: what is wrong", for the caller to
// put file and object in front.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace scrimp::providers {

/// Fails unless `config` is an object with no other keys than `known`.
[[nodiscard]] Result<void> check_keys(const nlohmann::json& config,
                                      std::span<const std::string_view> known);
/// The functions below require that check_keys succeeded. A null counts as missing.
[[nodiscard]] Result<std::optional<std::string>> optional_text(const nlohmann::json& config,
                                                               std::string_view key);
/// Fails if the key is missing or its text empty.
[[nodiscard]] Result<std::string> required_text(const nlohmann::json& config, std::string_view key);
/// A port as string or number.
[[nodiscard]] Result<std::uint16_t> optional_port(const nlohmann::json& config,
                                                  std::string_view key, std::uint16_t otherwise);

}  // namespace scrimp::providers
