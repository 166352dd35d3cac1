// The part of a configuration that says what a backend serves.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "app/config_fields.h"

namespace scrimp::app {

/// Reads backend-config into config.applications and config.checks, its own list as it stands
/// there, config.application_directory and config.drain.
void read_backend_config(const Json& object, Config& config, Mistakes& mistakes);

/// Reads the directory, if there is one, and gathers config.applications, as a node does that
/// starts: everything must be in order, and there must be an application.
void read_applications(const Surroundings& surroundings, Config& config, Mistakes& mistakes);

/// Takes what was gathered into `config`, with what it makes one warn of. Fails, leaving `config`
/// as it was, if a node cannot announce so much.
[[nodiscard]] Result<void> adopt_applications(const GatheredApplications& gathered, Config& config);

/// The *.json files of a directory, hidden ones left out, sorted by path. Fails if the directory
/// cannot be read or holds too much; of a file that cannot be read the reason is told in place of
/// its text.
[[nodiscard]] Result<std::vector<TextFile>> read_application_files(const std::string& directory);

}  // namespace scrimp::app
