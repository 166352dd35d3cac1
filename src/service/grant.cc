#include "service/grant.h"

#include <algorithm>

namespace scrimp::service {

bool matches(std::string_view pattern, std::string_view text) {
    std::size_t at = 0;
    std::size_t of = 0;
    // Where to go on if it does not fit: behind the last `*`, which then takes one more.
    std::size_t star = std::string_view::npos;
    std::size_t retry = 0;
    while (at < text.size()) {
        if (of < pattern.size() && pattern[of] == '*') {
            star = of++;
            retry = at;
        } else if (of < pattern.size() && text[at] != '*' &&
                   (pattern[of] == '?' || pattern[of] == text[at])) {
            ++of;
            ++at;
        } else if (star != std::string_view::npos) {
            of = star + 1;
            at = ++retry;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', of) == std::string_view::npos;
}

bool matches_any(std::span<const std::string> patterns, std::string_view text) {
    return patterns.empty() || std::ranges::any_of(patterns, [&](const std::string& pattern) {
               return matches(pattern, text);
           });
}

Result<void> check_pattern(std::string_view pattern) {
    const bool plain = std::ranges::all_of(pattern, [](char c) { return c > ' ' && c < 0x7f; });
    if (plain && !pattern.empty() && pattern.size() <= pattern_chars_max) return {};
    return fail("must be 1 to " + std::to_string(pattern_chars_max) +
                " printable ASCII characters without spaces");
}

std::optional<std::string> beyond(const Grant& grant, const Application& application) {
    const bool listens =
        grant.ports.empty() || std::ranges::any_of(grant.ports, [&](const PortRange& range) {
            return range.first <= application.listen_port && application.listen_port <= range.last;
        });
    if (!listens) {
        return "listen-port " + std::to_string(application.listen_port) + " is not granted";
    }
    for (const Domain& domain : application.domains) {
        if (!matches_any(grant.domains, domain.text())) {
            return "domain '" + domain.text() + "' is not granted";
        }
    }
    return std::nullopt;
}

Result<PortRange> parse_port_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    const Result<std::uint16_t> first = parse_port(text.substr(0, dash));
    const Result<std::uint16_t> last =
        dash == std::string_view::npos ? first : parse_port(text.substr(dash + 1));
    if (first && last && *first <= *last) return PortRange{*first, *last};
    return fail("is neither a port nor a range of ports like 8000-8999");
}

std::string port_range_text(const PortRange& range) {
    const std::string first = std::to_string(range.first);
    return range.first == range.last ? first : first + "-" + std::to_string(range.last);
}

}  // namespace scrimp::service
