#include "service/claims.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "service/canary.h"

namespace scrimp::service {
namespace {

bool passes_on(Protocol protocol) {
    return protocol == Protocol::Tcp || protocol == Protocol::Udp;
}

/// Gives each name and each (port, domain, path) to the first application that comes for it. Of TCP
/// and UDP nobody can tell for which domain they are, so an application has the whole port.
class Allotment {
  public:
    /// Takes all that the application needs; or takes nothing and says what is in the way. The
    /// sentence must not change while the holder stays the same, or it would be reported again.
    std::optional<std::string> take(const Application& application) {
        if (const auto held = names_.find(application.name.folded()); held != names_.end()) {
            return describe(*held->second);
        }
        if (auto reason = take_place(application)) return reason;
        names_.emplace(application.name.folded(), &application);
        return std::nullopt;
    }

  private:
    /// Port, domain and path, borrowed of the application that holds it.
    using Place = std::tuple<std::uint16_t, std::string_view, std::string_view>;
    using Port = std::pair<bool, std::uint16_t>;  ///< Whether of UDP, and its number.

    /// Of an application without paths, all of its domains.
    static std::span<const std::string> paths_of(const Application& application) {
        static const std::array<std::string, 1> all = {"/"};
        if (application.options->paths.empty()) return all;
        return application.options->paths;
    }

    std::optional<std::string> take_place(const Application& application) {
        const Port port(application.protocol == Protocol::Udp, application.listen_port);
        const auto other = ports_.find(port);
        const bool alone = passes_on(application.protocol);
        if (other != ports_.end() && (alone || passes_on(other->second->protocol))) {
            return "listen-port: " + std::to_string(application.listen_port) + " is held by '" +
                   other->second->name.text() + "', and " +
                   std::string(name_of((alone ? application : *other->second).protocol)) +
                   " shares no port";
        }
        const auto paths = alone ? std::span<const std::string>() : paths_of(application);
        for (const Domain& domain : application.domains) {
            for (const std::string& path : paths) {
                const auto held = domains_.find(Place{port.second, domain.text(), path});
                if (held == domains_.end()) continue;
                return (path == "/" ? "domains: '" : "paths: '" + path + "' of '") + domain.text() +
                       "' on port " + std::to_string(application.listen_port) + " is held by '" +
                       held->second->name.text() + "'";
            }
        }
        for (const Domain& domain : application.domains) {
            for (const std::string& path : paths) {
                domains_.emplace(Place{port.second, domain.text(), path}, &application);
            }
        }
        ports_.emplace(port, &application);
        return std::nullopt;
    }

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
    std::map<Port, const Application*> ports_;  ///< The first on it.
};

/// The route in force under that name; null if there is none.
const Route* held_route(std::span<const Route> held, const Application& application) {
    // Sorted by name first, and no two have one.
    const auto found = std::ranges::lower_bound(
        held, application.name, {},
        [](const Route& route) -> const Name& { return route.application.name; });
    if (found == held.end() || !same_pool(found->application, application)) return nullptr;
    return &*found;
}

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

bool Claims::is_settled(const Claim& claim) {
    return claim.fitness.state != Availability::Initial &&
           claim.fitness.state != Availability::Draining;
}

/// Those of the most backends that are settled, then those in force, then the lesser.
SharedOptions Claims::options_of(const Pool& pool) {
    const SharedOptions& first = pool.claims.front().application->options;
    const bool agreed = std::ranges::all_of(
        pool.claims, [&](const Claim& claim) { return claim.application->options == first; });
    if (agreed) return first;
    std::map<SharedOptions, std::size_t> votes;
    for (const Claim& claim : pool.claims) {
        std::size_t& count = votes[claim.application->options];
        if (pool.settled == 0 || is_settled(claim)) ++count;
    }
    const auto rank = [&pool](const auto& vote) {
        return std::pair(vote.second, pool.incumbent != nullptr &&
                                          pool.incumbent->application.options == vote.first);
    };
    return std::ranges::max_element(votes, {}, rank)->first;
}

/// In the order in which they may choose: see the Registry's essay.
std::vector<Claims::Pool> Claims::rank(std::span<const Route> held) {
    std::ranges::sort(claims_, [](const Claim& a, const Claim& b) {
        // Most claims of one application share it, or are the same list's: pointers tell at once.
        if (a.application != b.application) {
            const auto order = pool_order(*a.application, *b.application);
            if (order != 0) return order < 0;
        }
        return std::tie(*a.member_name, *a.member) < std::tie(*b.member_name, *b.member);
    });
    std::vector<Pool> pools;
    for (auto first = claims_.cbegin(); first != claims_.cend();) {
        const auto last = std::find_if(first, claims_.cend(), [&](const Claim& claim) {
            return claim.application != first->application &&
                   !same_pool(*claim.application, *first->application);
        });
        const auto settled = std::count_if(first, last, is_settled);
        pools.push_back({{first, last},
                         static_cast<std::size_t>(settled),
                         held_route(held, *first->application)});
        first = last;
    }
    // Stable: among equals the lesser, which comes first already.
    std::ranges::stable_sort(pools, [](const Pool& a, const Pool& b) {
        return std::tuple(a.settled, a.claims.size(), a.incumbent != nullptr) >
               std::tuple(b.settled, b.claims.size(), b.incumbent != nullptr);
    });
    return pools;
}

void Claims::fill(Route& route, const Pool& pool, OnAllUnhealthy policy, RefusalSheet& sheet) {
    std::vector<Fitness> candidates;
    candidates.reserve(pool.claims.size());
    for (const Claim& claim : pool.claims) candidates.push_back(claim.fitness);
    const Choice choice = choose(candidates, policy);
    route.upstreams.reserve(pool.claims.size());
    std::vector<bool> is_canary;
    const std::optional<Canary>& canary = route.application.options->canary;
    for (const Claim& claim : pool.claims) {
        if (is_chosen(claim.fitness, choice)) {
            Endpoint endpoint = *claim.member;
            endpoint.port = route.application.application_port;
            const int weight = claim.application->weight * claim.fitness.start_percent / 100;
            route.upstreams.push_back(
                {*claim.member_name, endpoint, static_cast<std::uint16_t>(std::max(weight, 1))});
            if (canary) is_canary.push_back(*claim.application->label == canary->label);
        } else if (claim.fitness.damped && claim.fitness.state == Availability::Healthy) {
            sheet.add(*claim.member_name, route.application.name.text(),
                      "comes and goes too often; held back until it has been well for a while");
        }
    }
    if (canary) share_out(route.upstreams, is_canary, canary->share);
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
        route.application.options = options_of(pool);
        // These are each backend's own.
        route.application.weight = announced_weight_max;
        route.application.label = {};
        fill(route, pool, policy, sheet);
        if (route.upstreams.empty()) routes.pop_back();
    }
    std::ranges::sort(routes, {}, &Route::application);
    return routes;
}

}  // namespace scrimp::service
