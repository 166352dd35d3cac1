// Reads what a helper needs of provider-config and resolver-config. The daemon has refused unknown
// keys and wrong types before it starts a helper; whoever speaks to one without the daemon gets the
// same kind of sentence, "KEY: what is wrong", for the keys that are used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace scrimp::helpers {

/// Null or missing yields `otherwise`.
[[nodiscard]] Result<std::string> text_setting(const Json& config, std::string_view key,
                                               std::string_view otherwise = "");
/// Fails if the key is missing or its text empty.
[[nodiscard]] Result<std::string> required_setting(const Json& config, std::string_view key);
[[nodiscard]] Result<bool> bool_setting(const Json& config, std::string_view key, bool otherwise);
/// A positive duration as Go spells it.
[[nodiscard]] Result<Duration> duration_setting(const Json& config, std::string_view key,
                                                std::string_view otherwise);
[[nodiscard]] Result<std::uint16_t> port_setting(const Json& config, std::string_view key,
                                                 std::uint16_t otherwise);

/// How long the helper may work: `timeout` less what it takes to say why it ended, since the daemon
/// kills who is late.
[[nodiscard]] Result<Duration> budget_of(const Json& config);
/// How old a published seed may be (`expiry`), in seconds.
[[nodiscard]] Result<std::int64_t> expiry_of(const Json& config);

/// The file's content without the white space around it; the error names file and key, never the
/// content. An empty file is an error.
[[nodiscard]] Result<std::string> read_secret(std::string_view key, const std::string& path);

/// "ipv4", "ipv6" or nothing, as `family` says.
enum class Family : std::uint8_t { Ipv4, Ipv6 };
[[nodiscard]] Result<std::optional<Family>> family_setting(const Json& config);
[[nodiscard]] std::string_view name_of(Family family);

/// Seconds since 1970, the age of what is published.
[[nodiscard]] std::int64_t unix_seconds();

}  // namespace scrimp::helpers
