// The Caddy generator: a routing table as the whole JSON configuration of Caddy 2.6 or later.
//
// What is in the file, from the top:
//   @id              the generation, where nothing but a reader looks for it
//   admin            where Caddy takes its next configuration
//   certificates     the chain and the key, read anew by each load
//   plain server     on http_port: HTTPS instead, unless an application listens there itself; the
//                    generation for clients on loopback
//   TLS servers      one on https_port and one on each further port an application listens on; a
//                    503 page for names that nobody serves
//   per application  a route: which names and paths are its own, and what happens to their requests
//
// The file is the whole of Caddy's configuration and not a part of it, although the admin API could
// set a part: a part lives in memory only, so a Caddy that restarts would come up without it, and
// two writers of one configuration would have to agree. Whoever has sites of his own beside runs
// them in another Caddy, or announces them.
//
// Caddy takes a configuration as a whole or, if anything in it cannot be started, not at all, and
// goes on with the one before. A port is handed from the old configuration to the new with the
// connections that wait on it, and requests under way end in the old one.
//
// Caddy goes through a server's routes one by one, so on a port with many they stand in groups,
// each behind the names of all its routes, which it looks up by bisection. Names of their own come
// first, then wildcards, the longest first; of one name the longest path.
//
// No request that may be repeated is lost when a backend goes: what fails is tried again with
// another. GET, HEAD, OPTIONS and DELETE always, for they have no body: Caddy 2.6 keeps none to
// send it twice. Others only if no connection came about. Gossip is what takes backends out;
// Caddy's own ejection only spares the requests of the seconds between. Cost: linear in the table.
//
// flush_interval is not set anywhere: with -1 Caddy ends, at each load, every request under way
// (its pull request 5663). Event streams and gRPC are passed on piece by piece without it.
//
// Left out on purpose: what nginx's essay leaves out; the address of clients that proxies before us
// name (X-Forwarded-For is set anew), which Caddy believes of nobody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/generator.h"

namespace scrimp::proxy {

/// Fails if a path cannot be spelt for Caddy, or if both ports are the same.
[[nodiscard]] Result<Rendered> render_caddy(const service::RoutingTable& table,
                                            const RenderOptions& options);

/// The generation that a rendered text says it is; empty for a text that does not say.
[[nodiscard]] std::string generation_in_caddy(std::string_view text);

}  // namespace scrimp::proxy
