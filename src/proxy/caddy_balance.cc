#include "proxy/caddy_balance.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "proxy/json_text.h"

namespace scrimp::proxy {
namespace {

/// Who is to get more stands in the list more often, at most so many times, and all together at
/// most about so often.
constexpr std::size_t repetitions_max = 20;
constexpr std::size_t repetitions_in_all = 2000;

std::vector<std::size_t> repetitions(const std::vector<service::Upstream>& all) {
    const std::size_t steps =
        std::clamp(repetitions_in_all / all.size(), std::size_t{1}, repetitions_max);
    std::size_t heaviest = 1;
    std::size_t divisor = 0;
    for (const auto& each : all) {
        heaviest = std::max(heaviest, std::size_t{each.weight});
        divisor = std::gcd(divisor, std::size_t{each.weight});
    }
    // Exactly where few do, else rounded.
    const bool exact = heaviest / divisor <= steps;
    std::vector<std::size_t> times;
    for (const auto& each : all) {
        const std::size_t rounded = (each.weight * steps + heaviest / 2) / heaviest;
        times.push_back(exact ? each.weight / divisor : std::max(std::size_t{1}, rounded));
    }
    return times;
}

}  // namespace

std::vector<const service::Upstream*> caddy_turns(const std::vector<service::Upstream>& all) {
    std::vector<const service::Upstream*> turns;
    const bool weighted = std::ranges::adjacent_find(all, std::not_equal_to{},
                                                     &service::Upstream::weight) != all.end();
    if (!weighted) {
        for (const auto& each : all) turns.push_back(&each);
        return turns;
    }
    const std::vector<std::size_t> times = repetitions(all);
    const auto total = static_cast<long>(std::reduce(times.begin(), times.end()));
    std::vector<long> credit(all.size());
    // All gain what they weigh, and whoever has most goes next and pays for all.
    while (std::cmp_less(turns.size(), total)) {
        for (std::size_t i = 0; i < all.size(); ++i) credit[i] += static_cast<long>(times[i]);
        const auto most = std::ranges::max_element(credit);
        *most -= total;
        turns.push_back(&all[static_cast<std::size_t>(most - credit.begin())]);
    }
    return turns;
}

std::string caddy_selection(const service::Options& options) {
    if (!options.sticky_cookie.empty()) {
        return fmt::format(R"({{"policy": "cookie", "name": {}}})",
                           json_string(options.sticky_cookie));
    }
    switch (options.balance.value_or(service::Balance::RoundRobin)) {
        case service::Balance::RoundRobin:
            break;
        case service::Balance::LeastConnections:
            return R"({"policy": "least_conn"})";
        case service::Balance::IpHash:
            return R"({"policy": "ip_hash"})";
        case service::Balance::RandomTwo:
            return R"({"policy": "random_choose", "choose": 2})";
    }
    return R"({"policy": "round_robin"})";
}

std::string caddy_cookie_attributes(const service::Options& options, bool plain) {
    return fmt::format(
        R"({{"handler": "headers", "response": {{"deferred": true, "replace": {{"Set-Cookie": )"
        R"([{{"search_regexp": "^({}=[0-9a-f]+; Path=/)$", "replace": "$1; HttpOnly; )"
        R"(SameSite=Lax{}"}}]}}}}}})",
        options.sticky_cookie, plain ? "" : "; Secure");
}

}  // namespace scrimp::proxy
