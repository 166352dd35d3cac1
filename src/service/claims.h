// Who may have which name and domain: one table made of what all backends announce at one moment.
// The rules are the Registry's (service/registry.h), the rest is its memory; this has none.
//
// Cost: O(n log n) of the claims. Applications are borrowed until the routes are made.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "service/application.h"
#include "service/registry.h"
#include "service/rotation.h"

namespace scrimp::service {

/// Refusals as they arise, of each member the first few in order and the number of all.
class RefusalSheet {
  public:
    void add(const std::string& member_name, std::string_view application,
             const std::string& reason);
    /// Sorted, and of each member at most refusals_per_member_max, the last of which counts those
    /// left out.
    [[nodiscard]] std::vector<Refusal> take();

  private:
    struct Page {
        std::vector<Refusal> first;  ///< Sorted, unique.
        std::size_t left_out = 0;
    };
    std::map<std::string, Page> pages_;
};

class Claims {
  public:
    /// One backend announces one application; both must outlive the claims.
    void add(const Application& application, const std::string& member_name, const Endpoint& member,
             const Fitness& fitness);
    /// The routes of those who come first and have somebody to send traffic to, sorted; what is
    /// refused goes onto the sheet. `held` are the routes in force, sorted.
    [[nodiscard]] std::vector<Route> settle(std::span<const Route> held, OnAllUnhealthy policy,
                                            RefusalSheet& sheet);

  private:
    struct Claim {
        const Application* application;
        const std::string* member_name;
        const Endpoint* member;
        Fitness fitness;
    };
    /// All claims of one application.
    struct Pool {
        std::span<const Claim> claims;
        std::size_t settled;     ///< Those that are neither on their way in nor out.
        const Route* incumbent;  ///< Its route in force; null if it has none.
    };

    static bool is_settled(const Claim& claim);
    static SharedOptions options_of(const Pool& pool);
    [[nodiscard]] std::vector<Pool> rank(std::span<const Route> held);
    static void fill(Route& route, const Pool& pool, OnAllUnhealthy policy, RefusalSheet& sheet);

    std::vector<Claim> claims_;
};

}  // namespace scrimp::service
