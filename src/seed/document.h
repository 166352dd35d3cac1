// The seeds document: {"seeds":[{"address":"…","port":"9999","published":1700000000},…]}, IPv6
// addresses in brackets, the port a string (numbers are read too). It is the original's format, so
// balancers of both kinds can share one store. Entries stand in the order they were published, the
// newest last.
//
// `published`, in Unix seconds, is ours. The original's readers ignore it, and drop it when they
// write; so whoever of ours writes next gives the entries without one the age of that moment. A
// living balancer renews its own, of either kind: ours by its age, the original's by being missed.
// A dead one is gone after `expiry`.
//
// The time is a parameter, and only ages count: best is the clock of the store, where it has one,
// since the clocks of its writers may differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"

namespace scrimp::seed {

/// More seeds than any cluster has balancers, few enough to try them all; a document claiming more
/// is cut, newest (last) entries kept.
inline constexpr std::size_t seeds_max = 64;
/// A full document is some 6 KiB; ten times that leaves room for white space and foreign keys.
inline constexpr std::size_t document_bytes_max = 65'536;
/// Ten times as long as a balancer pauses between two attempts to publish, and longer than it ever
/// does with its defaults: 365 s and what the attempt takes, after sixty failures in a row.
inline constexpr Duration expiry_default = std::chrono::minutes{10};

struct Seed {
    Endpoint endpoint;
    std::optional<std::int64_t> published{};  ///< Unix seconds.
    friend bool operator==(const Seed&, const Seed&) = default;
};

/// Fails on anything that is not such a document, naming what is wrong; an entry that is at fault
/// is skipped, the others are returned, each once, with the later of its ages.
[[nodiscard]] Result<std::vector<Seed>> parse_seeds(std::string_view text);
[[nodiscard]] std::string render_seeds(const std::vector<Seed>& seeds);

/// Puts `self` last, published `now`, if it is not there or a third of `expiry` old, so that an
/// unchanged store is rarely written; drops who was published more than `expiry` ago; beyond
/// seeds_max the oldest makes room. False if nothing needs to be written; `seeds` is then as it
/// was.
[[nodiscard]] bool put_seed(std::vector<Seed>& seeds, const Endpoint& self, std::int64_t now,
                            Duration expiry);

/// Those not expired; if all are, all of them, since a last resort beats nothing.
[[nodiscard]] std::vector<Endpoint> fresh_endpoints(const std::vector<Seed>& seeds,
                                                    std::int64_t now, Duration expiry);

}  // namespace scrimp::seed
