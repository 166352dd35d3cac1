// The part of a configuration that says what a backend serves.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "app/config_fields.h"

namespace scrimp::app {

/// Reads backend-config into config.applications and config.warnings.
void read_backend_config(const Json& object, const Surroundings& surroundings, Config& config,
                         Mistakes& mistakes);

/// What only the whole list can show: that there is an application at all, that none contradicts
/// another, and that all fit into the node's metadata.
void check_applications(Config& config, Mistakes& mistakes);

/// The *.json files of a directory, hidden ones left out, sorted by name; fails if one cannot be
/// read or is larger than an application could be.
[[nodiscard]] Result<std::vector<TextFile>> read_application_files(const std::string& directory);

}  // namespace scrimp::app
