// What an operator has taken out of service by hand, kept in the state directory so that a restart
// does not bring it back.
//
//   {"version":1,"maintenance":[{"application":"shop","reason":"new disk"},{"reason":"reboot"}]}
//
// An entry without an application is the whole node.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "service/application.h"

namespace scrimp::app {

/// Reasons by application; the empty name stands for all.
using Maintenance = std::map<std::string, std::string>;

/// Every application once and the node. More is neither kept nor read: applications that were taken
/// out of the configuration may still be among them.
inline constexpr std::size_t maintenance_max = service::applications_max + 1;

[[nodiscard]] std::string render_maintenance(const Maintenance& maintenance);
[[nodiscard]] Result<Maintenance> parse_maintenance(std::string_view text);

class MaintenanceFile {
  public:
    /// `directory` empty: nothing is kept. It must exist.
    MaintenanceFile(const std::string& directory, const std::string& node_name);

    [[nodiscard]] bool is_kept() const { return !path_.empty(); }
    /// Nothing, and a warning in the log, if the file cannot be read.
    [[nodiscard]] Maintenance load() const;
    /// At most maintenance_max of them, asserted. The error is a sentence with the path.
    [[nodiscard]] Result<void> save(const Maintenance& maintenance) const;

  private:
    std::string path_;
};

}  // namespace scrimp::app
