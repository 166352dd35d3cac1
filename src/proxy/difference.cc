#include "proxy/difference.h"

#include <algorithm>
#include <compare>
#include <tuple>

#include "base/words.h"

namespace scrimp::proxy {
namespace {

/// Of a description: some three or four applications, a line of a log.
constexpr std::size_t description_bytes_max = 300;
/// Upstreams told of one application; a rack that goes is told as a number.
constexpr std::size_t upstreams_told_max = 4;
constexpr std::size_t nodes_told_max = 4;

using Upstreams = std::span<const service::Upstream>;

std::string counted_upstreams(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " upstream" : " upstreams");
}

bool is_same(const service::Upstream& a, const service::Upstream& b) {
    return a.member_name == b.member_name && a.endpoint == b.endpoint;
}

/// Those of `from` that `others` has not. Both are sorted by member and endpoint.
std::vector<const service::Upstream*> without(Upstreams from, Upstreams others) {
    std::vector<const service::Upstream*> left;
    auto other = others.begin();
    for (const service::Upstream& each : from) {
        const auto less = [](const service::Upstream& a, const service::Upstream& b) {
            return std::tie(a.member_name, a.endpoint) < std::tie(b.member_name, b.endpoint);
        };
        while (other != others.end() && less(*other, each)) ++other;
        if (other == others.end() || !is_same(*other, each)) left.push_back(&each);
    }
    return left;
}

/// Calls `visit(before, after)` for each application of either, null where it is not.
template <class Visit>
void side_by_side(const Routes& before, const Routes& after, Visit visit) {
    auto a = before.begin();
    auto b = after.begin();
    while (a != before.end() || b != after.end()) {
        const auto order = a == before.end()  ? std::strong_ordering::greater
                           : b == after.end() ? std::strong_ordering::less
                                              : (*a)->application <=> (*b)->application;
        visit(order <= 0 ? *a : nullptr, order >= 0 ? *b : nullptr);
        if (order <= 0) ++a;
        if (order >= 0) ++b;
    }
}

void tell(std::string& line, char sign, const std::vector<const service::Upstream*>& upstreams) {
    if (upstreams.size() > upstreams_told_max) {
        line += std::string(line.empty() ? "" : ", ") + sign + counted_upstreams(upstreams.size());
        return;
    }
    for (const service::Upstream* each : upstreams) {
        line += std::string(line.empty() ? "" : ", ") + sign + each->endpoint.text() + " (" +
                each->member_name + ")";
    }
}

/// Empty if nothing changed.
std::string described(const service::Route* before, const service::Route* after) {
    if (after == nullptr) return "gone";
    if (before == nullptr) return "new, " + counted_upstreams(after->upstreams.size());
    if (before->upstreams == after->upstreams) return {};
    std::string line;
    tell(line, '+', without(after->upstreams, before->upstreams));
    tell(line, '-', without(before->upstreams, after->upstreams));
    return line.empty() ? "other weights" : line;
}

}  // namespace

bool takes_out(const Routes& before, const Routes& after) {
    bool found = false;
    side_by_side(before, after, [&](const service::Route* old, const service::Route* now) {
        if (found || old == nullptr) return;
        found = !without(old->upstreams, now == nullptr ? Upstreams() : Upstreams(now->upstreams))
                     .empty();
    });
    return found;
}

std::string describe_difference(const Routes& before, const Routes& after) {
    std::string text;
    std::size_t untold = 0;
    side_by_side(before, after, [&](const service::Route* old, const service::Route* now) {
        const std::string change = described(old, now);
        if (change.empty()) return;
        const std::string line = (now ? now : old)->application.name.text() + ": " + change;
        if (!text.empty() && text.size() + line.size() > description_bytes_max) {
            ++untold;
            return;
        }
        text += (text.empty() ? "" : "; ") + line;
    });
    if (untold > 0) {
        text += "; and " + std::to_string(untold) + " more application" + (untold == 1 ? "" : "s");
    }
    return text;
}

std::string nodes_of(Upstreams upstreams) {
    std::vector<std::string_view> names;
    for (const service::Upstream& each : upstreams) names.emplace_back(each.member_name);
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    return shortened_list(names, nodes_told_max);
}

Routes routes_of(const service::RoutingTable& table) {
    Routes routes;
    routes.reserve(table.routes.size());
    for (const service::Route& route : table.routes) routes.push_back(&route);
    return routes;
}

}  // namespace scrimp::proxy
