#include "base/duration.h"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/printable.h"

namespace scrimp {
namespace {

/// The magnitude of the most negative duration; the most positive is one less.
constexpr std::uint64_t magnitude_max = std::uint64_t{1} << 63;

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> units{{
    {"ns", 1},
    {"us", 1'000},
    {"\u00b5s", 1'000},  // micro sign
    {"\u03bcs", 1'000},  // Greek letter mu
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
}};

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

struct Fraction {
    std::uint64_t digits = 0;
    double scale = 1;  ///< digits / scale is the value
};

/// Takes the leading digits off `rest`; nothing if they exceed the range.
std::optional<std::uint64_t> take_whole(std::string_view& rest) {
    std::uint64_t value = 0;
    while (!rest.empty() && is_digit(rest.front())) {
        if (value > magnitude_max / 10) return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(rest.front() - '0');
        if (value > magnitude_max) return std::nullopt;
        rest.remove_prefix(1);
    }
    return value;
}

/// Takes the digits behind a point; those that no longer fit are read and change nothing.
Fraction take_fraction(std::string_view& rest) {
    Fraction fraction;
    bool full = false;
    for (; !rest.empty() && is_digit(rest.front()); rest.remove_prefix(1)) {
        if (full) continue;
        const auto digit = static_cast<std::uint64_t>(rest.front() - '0');
        if (fraction.digits > (magnitude_max - 1) / 10 ||
            fraction.digits * 10 + digit > magnitude_max) {
            full = true;
            continue;
        }
        fraction.digits = fraction.digits * 10 + digit;
        fraction.scale *= 10;
    }
    return fraction;
}

std::optional<std::uint64_t> take_unit(std::string_view& rest) {
    std::size_t length = 0;
    while (length < rest.size() && rest[length] != '.' && !is_digit(rest[length])) ++length;
    const std::string_view unit = rest.substr(0, length);
    rest.remove_prefix(length);
    for (const auto& [name, nanoseconds] : units) {
        if (name == unit) return nanoseconds;
    }
    return std::nullopt;
}

/// One "1.5h" off the front of `rest`, in nanoseconds.
std::optional<std::uint64_t> take_part(std::string_view& rest) {
    const std::size_t before = rest.size();
    const auto whole = take_whole(rest);
    if (!whole) return std::nullopt;
    bool has_digits = rest.size() != before;
    Fraction fraction;
    if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        const std::size_t behind_point = rest.size();
        fraction = take_fraction(rest);
        has_digits = has_digits || rest.size() != behind_point;
    }
    if (!has_digits) return std::nullopt;
    const auto unit = take_unit(rest);
    if (!unit || *whole > magnitude_max / *unit) return std::nullopt;
    // Computed in this order and in doubles, so that the last nanosecond agrees with Go's.
    const auto part = static_cast<std::uint64_t>(static_cast<double>(fraction.digits) *
                                                 (static_cast<double>(*unit) / fraction.scale));
    const std::uint64_t total = *whole * *unit + part;
    if (total > magnitude_max) return std::nullopt;
    return total;
}

std::optional<Duration> parse(std::string_view rest) {
    bool negative = false;
    if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
        negative = rest.front() == '-';
        rest.remove_prefix(1);
    }
    if (rest == "0") return Duration::zero();
    if (rest.empty()) return std::nullopt;
    std::uint64_t total = 0;
    while (!rest.empty()) {
        const auto part = take_part(rest);
        if (!part) return std::nullopt;
        total += *part;
        if (total > magnitude_max) return std::nullopt;
    }
    if (negative) return Duration(static_cast<std::int64_t>(~total + 1));
    if (total == magnitude_max) return std::nullopt;
    return Duration(static_cast<std::int64_t>(total));
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    if (const auto duration = parse(text)) return *duration;
    constexpr std::size_t quoted_chars_max = 64;
    return fail("'" + printable(text, quoted_chars_max) +
                "' is not a duration; write it like 300ms, 5s, 1m30s or 1h");
}

}  // namespace scrimp
