// What nginx, as render_nginx() writes it, cannot do of what applications ask.
#pragma once

#include <optional>
#include <string>

#include "service/application.h"

namespace scrimp::proxy {

/// In words, beginning with the key; nothing if it can do all of it.
[[nodiscard]] std::optional<std::string> lacks_nginx(const service::Application& application);

}  // namespace scrimp::proxy
