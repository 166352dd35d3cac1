// The servers of an upstream in nginx's words.
#pragma once

#include <span>

#include "proxy/text.h"
#include "service/routing_table.h"

namespace scrimp::proxy {

/// Within an upstream that is open. Weights are told only where they differ.
void write_servers(Text& text, std::span<const service::Upstream> servers);

}  // namespace scrimp::proxy
