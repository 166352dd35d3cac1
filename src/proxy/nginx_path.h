// Paths of files as nginx reads them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace scrimp::proxy {

/// The path as a quoted nginx parameter. Fails, naming `what` it is, if nginx's syntax cannot spell
/// it or nginx would take it for something else.
[[nodiscard]] Result<std::string> quote_nginx_path(std::string_view what, std::string_view path);

}  // namespace scrimp::proxy
