// Who of an application's backends gets its traffic, given how each of them is.
//
// Those that are healthy do. One that fell out again and again is held back while its penalty
// lasts (service/observations.h), unless there is no other. If nobody is healthy, those may be
// tried that might answer: first checks under way, failed checks, no answer to us. Whoever is
// drained or in maintenance never is: a person has said so, and may have switched it off.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "service/condition.h"
#include "service/routing_table.h"

namespace scrimp::service {

/// What becomes of an application of which nobody is healthy.
enum class OnAllUnhealthy : std::uint8_t {
    All,   ///< Whoever might answer is tried: a check may be wrong, and an error page surely is.
    None,  ///< The proxy says that nobody can answer.
};

inline constexpr std::uint8_t whole_percent = 100;

/// One backend of an application as the choice sees it.
struct Fitness {
    Availability state = Availability::Healthy;
    bool damped = false;
    std::uint8_t start_percent = whole_percent;  ///< Of its weight, while it starts slowly.
};

/// Who is chosen, from the best to none.
enum class Choice : std::uint8_t { Fit, Damped, FailOpen, None };
[[nodiscard]] Choice choose(std::span<const Fitness> candidates, OnAllUnhealthy policy);
/// Whether the choice is of such a one.
[[nodiscard]] bool is_chosen(const Fitness& candidate, Choice choice);

}  // namespace scrimp::service
