#include "service/condition.h"

#include <array>

namespace scrimp::service {
namespace {

constexpr std::array<std::string_view, 6> names = {"healthy",  "initial",     "unhealthy",
                                                   "draining", "maintenance", "unavailable"};

}  // namespace

std::string_view name_of(Availability availability) {
    return names[static_cast<std::size_t>(availability)];
}

std::optional<Availability> parse_availability(std::string_view word) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == word) return static_cast<Availability>(i);
    }
    return std::nullopt;
}

}  // namespace scrimp::service
