// The part of load-balancer-config that says when and how a table is rolled out.
#pragma once

#include <optional>
#include <string>

#include "proxy/rollout.h"

namespace scrimp::app {

class Fields;
struct Config;

struct RolloutSettings {
    Duration check_timeout = proxy::RolloutConfig{}.check_timeout;
    Duration reload_timeout = proxy::RolloutConfig{}.reload_timeout;
    unsigned reload_burst = proxy::PaceConfig{}.reload_burst;
    Duration reload_interval = proxy::PaceConfig{}.reload_interval;
    std::uint32_t old_workers_max = proxy::RolloutConfig{}.old_generations_max;
    Duration old_workers_wait = proxy::RolloutConfig{}.crowd_longest;
    /// Of the proxy, as Rollout's; nothing: the generator's own, empty: none.
    std::optional<std::string> runtime_socket;
    /// Of scrimplb-activate, which then checks and activates in our place; empty: we do it.
    std::string activation_socket;
};

/// Reads `check-timeout`, `reload-timeout`, `reload-burst`, `reload-interval`, `old-workers-max`,
/// `old-workers-wait`, `runtime-socket` and `activation-socket`.
[[nodiscard]] RolloutSettings read_rollout(Fields& balancer_config);

/// Refuses what does not go together with activation-socket. When the whole file has been read.
void check_rollout(Fields& fields, const Config& config);

}  // namespace scrimp::app
