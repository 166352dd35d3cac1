// How nginx speaks TLS with clients.
#pragma once

#include <string_view>

#include "proxy/text.h"

namespace scrimp::proxy {

/// Within a server that is open. Both paths as quote_nginx_path() returns them.
void write_tls(Text& text, std::string_view chain, std::string_view key);

}  // namespace scrimp::proxy
