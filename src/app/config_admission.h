// The parts of a configuration that say who may announce what: rules and keys on a load balancer,
// the permit that a backend presents.
#pragma once

#include <string>

#include "app/config_fields.h"
#include "service/admission.h"

namespace scrimp::app {

struct Config;

/// Reads `admission`, `permit-public-keys` and `require-permit` of load-balancer-config, the fields
/// of the file at `path`.
[[nodiscard]] service::AdmissionConfig read_admission(Fields& fields, const std::string& path,
                                                      Mistakes& mistakes);

/// Reads `permit` or `permit-file` of backend-config into config.permit; warns of one that is not
/// for this node, or has ended.
void read_own_permit(Fields& fields, Config& config);

}  // namespace scrimp::app
