// The conditions of a backend's applications beside the applications themselves, so that equal
// applications in different conditions stay equal, and are pooled.
//
// In an announcement an application that is not healthy carries two keys behind its own:
//
//   {"name":"shop",…,"domains":["shop.example"],"state":"draining","reason":"Target.…"}
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "service/application.h"
#include "service/condition.h"

namespace scrimp::service {

struct NamedCondition {
    Name application;
    Condition condition;
    friend auto operator<=>(const NamedCondition&, const NamedCondition&) = default;
};
/// Of those that are not healthy; sorted, each name once.
using Conditions = std::vector<NamedCondition>;

/// Healthy if it is not among them.
[[nodiscard]] const Condition& condition_of(const Conditions& conditions, const Name& application);

/// Sorted, the healthy left out; of a name that stands there twice the graver condition, the one
/// that comes later in Availability.
[[nodiscard]] Conditions sorted_conditions(Conditions conditions);

/// What stands behind an application's other keys: ,"state":"draining","reason":"…"; nothing for a
/// healthy one.
[[nodiscard]] std::string render_condition(const Condition& condition);

/// From an application's object; nothing if it names no state. A reason that is missing is the
/// state's own, one that is too long is cut. Fails for a state that nobody can announce: whoever
/// says more than we understand shall get no traffic by mistake.
[[nodiscard]] Result<std::optional<Condition>> parse_condition(const nlohmann::json& application);

}  // namespace scrimp::service
