#include "service/check.h"

#include <charconv>

namespace scrimp::service {
namespace {

/// What HTTP calls a status.
constexpr int status_least = 100;
constexpr int status_most = 599;

std::optional<int> parse_status(std::string_view text) {
    int status = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return status >= status_least && status <= status_most ? std::optional(status) : std::nullopt;
}

}  // namespace

std::string_view name_of(CheckKind kind) {
    switch (kind) {
        case CheckKind::Tcp:
            return "tcp";
        case CheckKind::Http:
            return "http";
        case CheckKind::Grpc:
            return "grpc";
        case CheckKind::Exec:
            break;
    }
    return "exec";
}

std::optional<StatusRange> parse_status_range(std::string_view text) {
    const std::size_t hyphen = text.find('-');
    const auto first = parse_status(text.substr(0, hyphen));
    const auto last =
        hyphen == std::string_view::npos ? first : parse_status(text.substr(hyphen + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    return StatusRange{.first = *first, .last = *last};
}

}  // namespace scrimp::service
