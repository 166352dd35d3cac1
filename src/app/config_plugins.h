// The part of a configuration that names seed providers and the resolver.
#pragma once

#include "app/config.h"
#include "app/config_fields.h"

namespace scrimp::app {

/// Reads `provider` or `providers`; opens each to see whether it has what it needs, and asks
/// nobody.
void read_providers(Fields& fields, Config& config, Mistakes& mistakes);

/// Sees to it that a balancer's stores keep it from one publication to the next: an `expiry` that is
/// too short for load-balancer-config is a mistake, and where none is given the stores get one that
/// is long enough. Comes after both were read.
void fit_expiries(Fields& fields, Config& config);

/// The same as read_providers for `resolver`.
void read_resolver(Fields& fields, Config& config);

}  // namespace scrimp::app
