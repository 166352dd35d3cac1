// How each upstream stands, for people: what is announced, what was seen, and what follows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "service/announcer.h"
#include "service/observations.h"
#include "service/routing_table.h"

namespace scrimp::service {

/// One backend of one application, whether it gets traffic or not.
struct Standing {
    /// Never null. Valid until the next call to the registry.
    const Application* application = nullptr;
    std::string member_name{};  ///< Escaped where it is not printable ASCII.
    Endpoint endpoint{};        ///< The member's address with the application's port.
    Condition condition{};      ///< The announced one, or what the balancer itself found.
    bool in_rotation = false;
    std::uint16_t weight = 0;  ///< Beside the others' while in rotation, 1 to weight_max; else 0.
    Instant since{};           ///< Of the condition, as far as we remember.
    std::string source{};      ///< Where the application is known from: BackendView::source.
    /// What is special about it, in words: held back, kept, tried though unhealthy. Mostly empty.
    std::string note{};
};

/// The condition that counts: a person's word, then what was found, then what is announced.
[[nodiscard]] const Condition& condition_that_counts(const Condition& announced,
                                                     const Sighted& seen);
/// What the choice of a rotation goes by.
[[nodiscard]] Fitness fitness_of(Instant now, const Condition& announced, const Sighted& seen);

/// Of all applications that are announced, sorted by application, then by member.
[[nodiscard]] std::vector<Standing> standings_of(Instant now,
                                                 const std::map<std::string, Announcer>& announcers,
                                                 const Observations& observations,
                                                 const RoutingTable& table);

}  // namespace scrimp::service
