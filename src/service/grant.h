// What somebody may announce: domains and the balancer's ports. Given by a rule of the balancer's
// operator (service/admission.h) or by a permit (service/permit.h).
//
// Domains and names of nodes are given by patterns: `*` stands for any characters, none and dots
// included, `?` for one. A domain that is announced with `*` for its first label asks for all below
// it: only a `*` of a pattern gives so much.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/network.h"
#include "service/application.h"
#include "service/support.h"

namespace scrimp::service {

struct Grant {
    std::vector<std::string> domains{};  ///< Patterns in small letters; empty: every domain.
    std::vector<PortRange> ports{};      ///< Where the balancer listens; empty: every port.
    friend bool operator==(const Grant&, const Grant&) = default;
};

/// Of entries in one list of a rule or a permit: each application is held against all of them.
inline constexpr std::size_t grant_entries_max = 100;
/// A name of a node and a domain have at most 255.
inline constexpr std::size_t pattern_chars_max = 255;

/// Whether the pattern stands for the text. A `*` of the text is matched by `*` alone. Cost: the
/// product of their lengths.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);
/// Whether one of them does; no patterns at all stand for everything.
[[nodiscard]] bool matches_any(std::span<const std::string> patterns, std::string_view text);

/// Printable ASCII without spaces, 1 to pattern_chars_max. The error is a sentence without its
/// subject.
[[nodiscard]] Result<void> check_pattern(std::string_view pattern);

/// What the application asks for beyond the grant, a sentence without its subject: "domain
/// 'x.test' is not granted"; nothing if it is all granted.
[[nodiscard]] std::optional<std::string> beyond(const Grant& grant, const Application& application);

/// "8000-8999", or a single port.
[[nodiscard]] Result<PortRange> parse_port_range(std::string_view text);
[[nodiscard]] std::string port_range_text(const PortRange& range);

}  // namespace scrimp::service
