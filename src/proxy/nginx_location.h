// What nginx does with a request that is for an upstream.
#pragma once

#include <string_view>

#include "proxy/text.h"

namespace scrimp::proxy {

/// Within a server that is open: answers from the upstream that `to` names or, where that is empty,
/// does `otherwise`. `plain`: no TLS is spoken on the server's port.
void write_proxying(Text& text, std::string_view to, std::string_view otherwise, bool plain);

}  // namespace scrimp::proxy
