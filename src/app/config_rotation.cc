#include "app/config_rotation.h"

#include "app/config_fields.h"
#include "base/ascii.h"

namespace scrimp::app {
namespace {

/// An agent that nobody has started again within an hour is no upgrade under way.
constexpr Duration grace_max = std::chrono::hours{1};
/// Its four steps are reloads; with shorter ones nothing is warm yet.
constexpr Duration slow_start_min = std::chrono::seconds{1};
constexpr Duration slow_start_max = std::chrono::hours{1};
/// Less, and nobody is ever held back.
constexpr Duration half_life_min = std::chrono::seconds{1};
constexpr Duration half_life_max = std::chrono::hours{1};

/// "0s" switches the thing off.
void read_optional(Fields& fields, std::string_view key, Duration least, Duration most,
                   Duration& value) {
    const auto read = fields.duration(key, Duration::zero(), most);
    if (read && *read != Duration::zero() && *read < least) {
        return fields.refuse(key, "must be 0s, for none, or at least 1s");
    }
    value = read.value_or(value);
}

}  // namespace

RotationSettings read_rotation(Fields& fields) {
    RotationSettings read;
    if (const auto policy = fields.text("on-all-unhealthy")) {
        if (equal_but_for_case(*policy, "none")) {
            read.rotation.on_all_unhealthy = service::OnAllUnhealthy::None;
        } else if (!equal_but_for_case(*policy, "all")) {
            fields.refuse("on-all-unhealthy", "'" + *policy + "' is neither all nor none" +
                                                  suggestion(*policy, {"all", "none"}));
        }
    }
    read.sight.agent_grace = fields.duration("agent-grace", Duration::zero(), grace_max)
                                 .value_or(read.sight.agent_grace);
    read.sight.unavailable_share_max =
        fields.number("unavailable-share-max", 1, 100).value_or(read.sight.unavailable_share_max);
    read_optional(fields, "slow-start", slow_start_min, slow_start_max, read.rotation.slow_start);
    read_optional(fields, "damping", half_life_min, half_life_max, read.rotation.damping_half_life);
    return read;
}

}  // namespace scrimp::app
