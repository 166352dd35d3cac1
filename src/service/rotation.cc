#include "service/rotation.h"

#include <algorithm>

namespace scrimp::service {

bool is_chosen(const Fitness& candidate, Choice choice) {
    const Availability state = candidate.state;
    switch (choice) {
        case Choice::Fit:
            return state == Availability::Healthy && !candidate.damped;
        case Choice::Damped:
            return state == Availability::Healthy;
        case Choice::FailOpen:
            return state != Availability::Draining && state != Availability::Maintenance;
        case Choice::None:
            break;
    }
    return false;
}

Choice choose(std::span<const Fitness> candidates, OnAllUnhealthy policy) {
    for (const Choice choice : {Choice::Fit, Choice::Damped, Choice::FailOpen}) {
        if (choice == Choice::FailOpen && policy == OnAllUnhealthy::None) break;
        if (std::ranges::any_of(candidates,
                                [&](const Fitness& each) { return is_chosen(each, choice); })) {
            return choice;
        }
    }
    return Choice::None;
}

}  // namespace scrimp::service
