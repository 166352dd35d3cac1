#include "sim/words.h"

#include <array>
#include <charconv>
#include <chrono>

#include "base/duration.h"
#include "base/suggest.h"

namespace scrimp::sim {
namespace {

constexpr Duration span_max = std::chrono::hours{24 * 365};

struct Profile {
    std::string_view name;
    swim::Config (*make)();
};
constexpr std::array profiles{
    Profile{"lan", swim::lan_profile},
    Profile{"wan", swim::wan_profile},
    Profile{"local", swim::local_profile},
    Profile{"original", swim::original_profile},
};

}  // namespace

Result<double> parse_share(std::string_view text) {
    const bool percent = text.ends_with('%');
    const std::string_view digits = text.substr(0, text.size() - (percent ? 1 : 0));
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const double share = percent ? value / 100 : value;
    const bool whole = error == std::errc{} && end == digits.data() + digits.size();
    // Written so that NaN, which from_chars reads too, is refused.
    if (!whole || !(share >= 0 && share <= 1)) {
        return fail("'" + std::string(text) + "' is no share; write 5% or 0.05, at most 100%");
    }
    return share;
}

Result<Duration> parse_span(std::string_view text) {
    const auto span = parse_duration(text);
    if (!span || *span < Duration::zero() || *span > span_max) {
        return fail("'" + std::string(text) +
                    "' is no span of time; write 250ms, 10s or 1h30m, at most a year");
    }
    return *span;
}

Result<swim::Config> parse_profile(std::string_view name) {
    std::array<std::string_view, profiles.size()> names;
    std::string list;
    for (std::size_t i = 0; i < profiles.size(); ++i) {
        if (profiles[i].name == name) return profiles[i].make();
        names[i] = profiles[i].name;
        list += (i == 0 ? "" : ", ") + std::string(names[i]);
    }
    const auto meant = nearest(name, names);
    return fail("there is no profile '" + std::string(name) + "'; " +
                (meant ? "did you mean '" + std::string(*meant) + "'?" : "there are " + list));
}

double in_seconds(Duration span) {
    return std::chrono::duration<double>(span).count();
}

}  // namespace scrimp::sim
