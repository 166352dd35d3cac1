// The part of a configuration that says how a load balancer works.
#pragma once

#include "app/config.h"
#include "app/config_fields.h"

namespace scrimp::app {

/// Reads load-balancer-config into config.load_balancer_config and config.warnings.
void read_balancer_config(const Json& object, Config& config, Mistakes& mistakes);

/// What a balancer needs beyond its single keys, and what would surprise its operator. `fields`:
/// those of the whole file.
void check_balancer(Fields& fields, Config& config);

}  // namespace scrimp::app
