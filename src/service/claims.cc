#include "service/claims.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace scrimp::service {
namespace {

/// Gives each name and each (port, domain) to the first application that comes for it.
class Allotment {
  public:
    /// Takes all that the application needs; or takes nothing and says what is in the way. The
    /// sentence must not change while the holder stays the same, or it would be reported again.
    std::optional<std::string> take(const Application& application) {
        if (const auto held = names_.find(application.name.folded()); held != names_.end()) {
            return describe(*held->second);
        }
        for (const Domain& domain : application.domains) {
            const auto held = domains_.find(Place{application.listen_port, domain.text()});
            if (held == domains_.end()) continue;
            return "domains: '" + domain.text() + "' on port " +
                   std::to_string(application.listen_port) + " is held by '" +
                   held->second->name.text() + "'";
        }
        names_.emplace(application.name.folded(), &application);
        for (const Domain& domain : application.domains) {
            domains_.emplace(Place{application.listen_port, domain.text()}, &application);
        }
        return std::nullopt;
    }

  private:
    /// Port and domain, borrowed of the application that holds it.
    using Place = std::pair<std::uint16_t, std::string_view>;

    static std::string describe(const Application& holder) {
        return "name: held by another application of that name, listen-port " +
               std::to_string(holder.listen_port) + ", application-port " +
               std::to_string(holder.application_port) + ", " +
               std::string(name_of(holder.protocol)) + ", domain '" +
               holder.domains.front().text() + "'" +
               (holder.domains.size() > 1
                    ? " and " + std::to_string(holder.domains.size() - 1) + " more"
                    : "");
    }

    std::map<std::string, const Application*> names_;
    std::map<Place, const Application*> domains_;
};

}  // namespace

void RefusalSheet::add(const std::string& member_name, std::string_view application,
                       const std::string& reason) {
    Page& page = pages_[member_name];
    Refusal refusal{member_name, std::string(application), reason};
    const auto place = std::ranges::lower_bound(page.first, refusal);
    if (place != page.first.end() && *place == refusal) return;
    page.first.insert(place, std::move(refusal));
    if (page.first.size() <= refusals_per_member_max) return;
    page.first.pop_back();
    ++page.left_out;
}

std::vector<Refusal> RefusalSheet::take() {
    std::vector<Refusal> all;
    for (auto& [member_name, page] : pages_) {
        if (page.left_out > 0) {
            const std::string count = std::to_string(page.left_out + 1);
            page.first.back() = {member_name, "others",
                                 count + " more applications are not routed"};
        }
        std::ranges::move(page.first, std::back_inserter(all));
    }
    pages_.clear();
    std::ranges::sort(all);
    return all;
}

void Claims::add(const Application& application, const std::string& member_name,
                 const Endpoint& member, const Fitness& fitness) {
    claims_.push_back({&application, &member_name, &member, fitness});
}

/// In the order in which they may choose: see the Registry's essay.
std::vector<Claims::Pool> Claims::rank(std::span<const Route> held) {
    std::ranges::sort(claims_, [](const Claim& a, const Claim& b) {
        // Most claims of one application share it, or are the same list's: pointers tell at once.
        if (a.application != b.application) {
            const auto order = *a.application <=> *b.application;
            if (order != 0) return order < 0;
        }
        return std::tie(*a.member_name, *a.member) < std::tie(*b.member_name, *b.member);
    });
    std::vector<Pool> pools;
    for (auto first = claims_.cbegin(); first != claims_.cend();) {
        const auto last = std::find_if(first, claims_.cend(), [&](const Claim& claim) {
            return *claim.application != *first->application;
        });
        const bool incumbent =
            std::ranges::binary_search(held, *first->application, {}, &Route::application);
        const auto settled = std::count_if(first, last, [](const Claim& claim) {
            return claim.fitness.state != Availability::Initial &&
                   claim.fitness.state != Availability::Draining;
        });
        pools.push_back({{first, last}, static_cast<std::size_t>(settled), incumbent});
        first = last;
    }
    // Stable: among equals the lesser, which comes first already.
    std::ranges::stable_sort(pools, [](const Pool& a, const Pool& b) {
        return std::tuple(a.settled, a.claims.size(), a.incumbent) >
               std::tuple(b.settled, b.claims.size(), b.incumbent);
    });
    return pools;
}

void Claims::fill(Route& route, const Pool& pool, OnAllUnhealthy policy, RefusalSheet& sheet) {
    std::vector<Fitness> candidates;
    candidates.reserve(pool.claims.size());
    for (const Claim& claim : pool.claims) candidates.push_back(claim.fitness);
    const Choice choice = choose(candidates, policy);
    route.upstreams.reserve(pool.claims.size());
    for (const Claim& claim : pool.claims) {
        if (is_chosen(claim.fitness, choice)) {
            Endpoint endpoint = *claim.member;
            endpoint.port = route.application.application_port;
            const int weight = claim.application->weight * claim.fitness.start_percent / 100;
            route.upstreams.push_back(
                {*claim.member_name, endpoint, static_cast<std::uint16_t>(std::max(weight, 1))});
        } else if (claim.fitness.damped && claim.fitness.state == Availability::Healthy) {
            sheet.add(*claim.member_name, route.application.name.text(),
                      "comes and goes too often; held back until it has been well for a while");
        }
    }
}

std::vector<Route> Claims::settle(std::span<const Route> held, OnAllUnhealthy policy,
                                  RefusalSheet& sheet) {
    Allotment allotment;
    std::vector<Route> routes;
    for (const Pool& pool : rank(held)) {
        const Application& application = *pool.claims.front().application;
        if (const auto reason = allotment.take(application)) {
            for (const Claim& claim : pool.claims) {
                sheet.add(*claim.member_name, application.name.text(), *reason);
            }
            continue;
        }
        Route& route = routes.emplace_back(Route{application, {}});
        fill(route, pool, policy, sheet);
        if (route.upstreams.empty()) routes.pop_back();
    }
    std::ranges::sort(routes, {}, &Route::application);
    return routes;
}

}  // namespace scrimp::service
