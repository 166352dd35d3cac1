// The parts of a configuration that say how a backend looks after its applications: `health-check`
// of an application, and what backend-config says of leaving.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/time.h"
#include "service/application.h"
#include "service/check.h"

namespace scrimp::app {

class Fields;
class Mistakes;

/// By the application's name, of those that have one.
using Checks = std::map<std::string, service::Check>;

/// How long a backend that drains waits for balancers.
struct DrainConfig {
    /// For those that acknowledge, all of them together.
    Duration timeout = std::chrono::seconds{30};
    /// For those that cannot, of the original: gossip reaches them within a second, and theirs is
    /// the reload of an nginx with many workers.
    Duration wait = std::chrono::seconds{5};
    friend bool operator==(const DrainConfig&, const DrainConfig&) = default;
};

/// Reads `drain-timeout` and `drain-wait`.
[[nodiscard]] DrainConfig read_drain(Fields& backend_config);

/// Reads the object that stands at `key` of `file` (both for messages only) in an object of
/// `application`; nothing if there is a mistake, which is then noted.
[[nodiscard]] std::optional<service::Check> read_health_check(
    const Json& value, const std::string& file, const std::string& key,
    const service::Application& application, Mistakes& mistakes);

}  // namespace scrimp::app
