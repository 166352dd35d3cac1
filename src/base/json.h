// Strict JSON: what a person wrote into a file, or a peer into its metadata, read without
// surprises.
//
// nlohmann-json does the reading; this wrapper adds what it leaves open. Duplicate keys are refused
// (the last would silently win), depth and size are bounded, an error says line and column and
// nothing is thrown. Keys are lower-cased while reading, because Go's encoding/json, which the
// original used, matches them so: "Port" is `port`, and "Port" beside "port" is a duplicate.
//
// The typed readers below are for fields: each answers with the value or with a sentence about it
// to which the caller adds the name of the key. Integers are checked against their range, where
// nlohmann's get<uint16_t>() would turn -5 into 65531.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace scrimp {

using Json = nlohmann::json;

struct JsonLimits {
    /// No configuration, seeds document or announcement of honest size comes near.
    std::size_t bytes_max = std::size_t{1} << 20;
    /// Ours nest four deep.
    std::size_t depth_max = 16;
    /// Values in all, each of which costs some 64 bytes of memory where `[],` costs three of text.
    std::size_t values_max = std::size_t{1} << 20;
};

/// The whole of `text` as one value. Refused: syntax errors, invalid UTF-8, anything after the
/// value, duplicate keys, numbers beyond a double, and what exceeds `limits`.
[[nodiscard]] Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

/// The member of that name; null if there is none, or if it is JSON's null, which Go reads as "not
/// given". `object` must be an object.
[[nodiscard]] const Json* find_member(const Json& object, std::string_view key);

[[nodiscard]] Result<std::string> read_text(const Json& value);
[[nodiscard]] Result<bool> read_bool(const Json& value);
/// 1 to 65535, as a number or, like the original wrote it, as a string.
[[nodiscard]] Result<std::uint16_t> read_port(const Json& value);

/// "a number", "a list" …: the type of a value, for sentences.
[[nodiscard]] std::string_view kind_of(const Json& value);

}  // namespace scrimp
