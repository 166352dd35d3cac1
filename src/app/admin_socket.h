// Where the admin socket is: for the node that makes it and for the verbs that ask it.
#pragma once

#include <string>

#include "app/config.h"

namespace scrimp::app {

class Fields;

/// Reads `admin-socket`.
void read_admin_socket(Fields& fields, Config& config);

/// The path that the key gives; without the key /run/scrimplb/admin.sock where that directory
/// exists (a service manager made it for us), else admin.sock in the state directory. Empty: there
/// is no socket, because the key says "none" or no directory is known.
[[nodiscard]] std::string admin_socket_of(const Config& config);

/// What a verb asks: `socket` if it is given; else that of the configuration file if one is named;
/// else the one in /run/scrimplb, or, where there is none, that of ./scrimp.json. Fails if no
/// socket can be told, with what to do.
[[nodiscard]] Result<std::string> find_admin_socket(const std::string& socket,
                                                    const std::string& config_path);

}  // namespace scrimp::app
