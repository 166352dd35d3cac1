// The generator that generates nothing: for trying out a cluster without a proxy, and the default,
// so that a configuration without `generator` touches no other program.
#pragma once

#include "proxy/generator.h"

namespace scrimp::proxy {

/// The same text for every table; never an error.
[[nodiscard]] Result<Rendered> render_dummy(const service::RoutingTable& table,
                                            const RenderOptions& options);

}  // namespace scrimp::proxy
