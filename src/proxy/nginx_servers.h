// The servers of an upstream in nginx's words.
//
// Round robin, least connections and the better of two by chance are nginx's own. A client's
// address is not spread by `ip_hash`, which takes three quarters of an IPv4 address and leads
// nearly everybody elsewhere when a backend comes or goes, but by a consistent hash of all of it.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "proxy/text.h"
#include "service/routing_table.h"

namespace scrimp::proxy {

/// The rest of an upstream that is open, after its zone. Weights are told only where they differ.
void write_servers(Text& text, service::Balance balance,
                   std::span<const service::Upstream> servers);

/// A line; `parameters` begin with a space.
void write_server(Text& text, const service::Upstream& server, std::string_view parameters);
/// After the servers, of which there are so many.
void write_keepalive(Text& text, std::size_t servers);

}  // namespace scrimp::proxy
