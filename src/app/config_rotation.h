// The part of load-balancer-config that says which backends get traffic.
#pragma once

#include <array>
#include <string_view>

#include "service/observations.h"
#include "service/sight.h"

namespace scrimp::app {

class Fields;

struct RotationSettings {
    service::RotationConfig rotation;
    service::SightConfig sight;
    friend bool operator==(const RotationSettings&, const RotationSettings&) = default;
};

/// A running balancer takes all of them over.
inline constexpr std::array<std::string_view, 5> rotation_keys = {
    "on-all-unhealthy", "agent-grace", "unavailable-share-max", "slow-start", "damping"};

[[nodiscard]] RotationSettings read_rotation(Fields& balancer_config);

}  // namespace scrimp::app
