// The part of a configuration that names seed providers and the resolver.
#pragma once

#include "app/config.h"
#include "app/config_fields.h"

namespace scrimp::app {

/// Reads `provider` or `providers`; opens each to see whether it has what it needs, and asks
/// nobody.
void read_providers(Fields& fields, Config& config, Mistakes& mistakes);

/// The same for `resolver`.
void read_resolver(Fields& fields, Config& config);

}  // namespace scrimp::app
