// The variables of nginx's that every rendering defines, all named scrimp_*.
#pragma once

#include <span>
#include <string_view>

#include "proxy/text.h"

namespace scrimp::proxy {

/// A header that is added only if the application does not send it itself.
struct DefaultHeader {
    std::string_view name;
    std::string_view upstream_variable;
    std::string_view variable;
    std::string_view value;
    bool tls_only;
};
[[nodiscard]] std::span<const DefaultHeader> default_headers();

/// In the http block.
void write_variables(Text& text);

}  // namespace scrimp::proxy
