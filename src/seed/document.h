// The seeds document: {"seeds":[{"address":"…","port":"9999"},…]}, IPv6 addresses in brackets, the
// port a string (numbers are read too). It is the original's format, so balancers of both kinds can
// share one store. Entries stand in the order they were published, the newest last.
//
// Left out: an expiry. The original's readers would not keep it, and a dead seed costs one refused
// connection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"

namespace scrimp::seed {

/// More seeds than any cluster has balancers, few enough to try them all; a document claiming more
/// is cut, newest (last) entries kept.
inline constexpr std::size_t seeds_max = 64;
/// A full document is some 6 KiB; ten times that leaves room for white space and foreign keys.
inline constexpr std::size_t document_bytes_max = 65'536;

/// Fails on anything that is not such a document, naming what is wrong; an entry that is at fault
/// is skipped, the others are returned, each once.
[[nodiscard]] Result<std::vector<Endpoint>> parse_seeds(std::string_view text);
[[nodiscard]] std::string render_seeds(const std::vector<Endpoint>& seeds);

/// Appends `self` unless it is there; beyond seeds_max the oldest makes room. False if nothing
/// changed, so nothing needs to be written.
[[nodiscard]] bool add_seed(std::vector<Endpoint>& seeds, const Endpoint& self);

}  // namespace scrimp::seed
