#include "service/message_fields.h"

#include <algorithm>

#include "swim/types.h"

namespace scrimp::service {

bool is_plain_name(std::string_view name) {
    return !name.empty() && name.size() <= swim::name_bytes_max &&
           std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
}

std::optional<std::string> read_name(const Json* value) {
    if (value == nullptr || !value->is_string()) return std::nullopt;
    const auto& name = value->get_ref<const std::string&>();
    return is_plain_name(name) ? std::optional(name) : std::nullopt;
}

std::optional<ListDigest> read_digest(const Json* value) {
    if (value == nullptr || !value->is_string()) return std::nullopt;
    const Result<ListDigest> digest = parse_digest(value->get_ref<const std::string&>());
    return digest ? std::optional(*digest) : std::nullopt;
}

}  // namespace scrimp::service
