// The part of load-balancer-config that is for the generator custom: `template`.
#pragma once

#include <string>

namespace scrimp::app {

class Fields;
struct Config;

/// What the file at `template` says; empty if none is named.
[[nodiscard]] std::string read_template(Fields& balancer_config);

/// Refuses a template that the generator cannot use, and one without that generator. When the whole
/// file has been read.
void check_template(Fields& fields, Config& config);

}  // namespace scrimp::app
