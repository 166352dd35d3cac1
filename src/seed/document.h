// The seeds document: {"seeds":[{"address":"…","port":"9999"},…]}, IPv6 addresses in brackets, the
// port a string (numbers are read too).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"

namespace scrimp::seed {

/// More seeds than any cluster has balancers, few enough to try them all; a document claiming more
/// is cut, newest (last) entries kept.
inline constexpr std::size_t seeds_max = 64;

/// Fails on anything that is not such a document, naming what is wrong; an entry that is at fault
/// is skipped, the others are returned.
[[nodiscard]] Result<std::vector<Endpoint>> parse_seeds(std::string_view text);
[[nodiscard]] std::string render_seeds(const std::vector<Endpoint>& seeds);

}  // namespace scrimp::seed
