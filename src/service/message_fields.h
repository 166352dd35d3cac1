// What the messages between balancers and backends have in common: their version, and how names and
// digests are read from a stranger's JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "service/application_list.h"

namespace scrimp::service {

/// The value of the member "scrimplb" in each message.
inline constexpr std::uint64_t message_version = 1;

/// 1 to 255 printable ASCII characters without spaces, as configuration has them: other members'
/// names may be any bytes, but such do not take part.
[[nodiscard]] bool is_plain_name(std::string_view name);

/// Nothing if `value` is null or no string that spells a plain name.
[[nodiscard]] std::optional<std::string> read_name(const Json* value);
/// Nothing if `value` is null or no string that spells a digest.
[[nodiscard]] std::optional<ListDigest> read_digest(const Json* value);

}  // namespace scrimp::service
