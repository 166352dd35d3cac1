// Reads the small objects provider-config and resolver-config, strictly: unknown keys are refused
// with the nearest known one, and every error is "KEY: what is wrong", for the caller to put file
// and object in front.
//
// Who uses the values itself reads them one by one; a row that hands its object to a helper only
// lists its keys in a table of Settings and what each may hold.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace scrimp::providers {

/// Fails unless `config` is an object with no other keys than `known`.
[[nodiscard]] Result<void> check_keys(const Json& config, std::span<const std::string_view> known);
/// The functions below require that the keys were checked. A null counts as missing.
[[nodiscard]] Result<std::optional<std::string>> optional_text(const Json& config,
                                                               std::string_view key);
/// Fails if the key is missing or its text empty.
[[nodiscard]] Result<std::string> required_text(const Json& config, std::string_view key);
/// A port as string or number.
[[nodiscard]] Result<std::uint16_t> optional_port(const Json& config, std::string_view key,
                                                  std::uint16_t otherwise);
[[nodiscard]] Result<bool> optional_flag(const Json& config, std::string_view key, bool otherwise);

/// After what age a seed is dead: the key `expiry`, expiry_default unless given.
[[nodiscard]] Result<Duration> expiry_of(const Json& config);
/// How long one run of a helper may take: the key `timeout`.
[[nodiscard]] Result<Duration> timeout_of(const Json& config);
/// A helper looks names up, connects, and may be answered after a retry or two; the slowest honest
/// one is done in half of it.
inline constexpr Duration timeout_default = std::chrono::seconds{30};

/// One key of an object, and the check of its value; the check's error follows "KEY: ".
struct Setting {
    std::string_view key;
    Result<void> (*check)(const Json& value);
    bool required = false;
};
/// Fails unless `config` is an object that holds what `settings` say and nothing else.
[[nodiscard]] Result<void> check_settings(const Json& config, std::span<const Setting> settings);

/// Checks for tables. A text is one line and not empty.
[[nodiscard]] Result<void> is_text(const Json& value);
[[nodiscard]] Result<void> is_flag(const Json& value);
[[nodiscard]] Result<void> is_port(const Json& value);
[[nodiscard]] Result<void> is_object(const Json& value);
[[nodiscard]] Result<void> is_expiry(const Json& value);
[[nodiscard]] Result<void> is_timeout(const Json& value);
/// http:// or https://, a host, and what follows; no user or password.
[[nodiscard]] Result<void> is_url(const Json& value);
/// The same with nothing after host and port.
[[nodiscard]] Result<void> is_base_url(const Json& value);
[[nodiscard]] Result<void> is_base_url_list(const Json& value);
/// An argument list: 1 to 64 texts, the first not empty.
[[nodiscard]] Result<void> is_command(const Json& value);
/// An object of texts with header names for keys.
[[nodiscard]] Result<void> is_headers(const Json& value);
[[nodiscard]] Result<void> is_family(const Json& value);
/// "'x' is none of 'a', 'b'".
[[nodiscard]] Result<void> is_one_of(const Json& value, std::span<const std::string_view> words);

}  // namespace scrimp::providers
