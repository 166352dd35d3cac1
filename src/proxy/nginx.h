// The nginx generator: a routing table as one file for the http block of nginx 1.18 or later.
//
// What is in the file, from the top:
//   map, geo         our own variables, all named scrimp_*, so they clash with nobody's
//   redirect server  on http_port: HTTPS instead, and the generation for clients on loopback
//   default server   on https_port and on every port an application listens on: a 503 page for
//                    names that nobody serves
//   per application  one upstream and one server; on http_port (where no TLS is spoken) plain HTTP
//
// Every directive stands inside our own blocks unless nginx knows it only in http: a directive of
// http that the operator's nginx.conf has too would be a fatal duplicate. What we do not set
// (body size, logs, read timeouts) is inherited from there, so it is the operator's to choose.
//
// No request that may be repeated is lost when a backend goes: `error timeout` goes on to the next
// backend, up to three in all, and nginx counts an attempt on a kept-alive connection that the
// backend closed in the same moment as none, so even a sole backend is asked again. Requests that
// may not be repeated (POST, LOCK, PATCH) go on only if nothing had been sent. Gossip is what takes
// backends out; nginx's own ejection (max_fails) only spares the requests of the seconds between,
// and is kept short so that the last backend is never out for long. Cost: linear in the table.
//
// Left out on purpose: certificates per domain, ports that speak TLS and plain HTTP both, HTTP/3,
// passing client certificates on, verifying the certificates of backends (there is no CA to ask).
#pragma once

#include "proxy/generator.h"

namespace scrimp::proxy {

/// Fails if a TLS path cannot be spelt in nginx's syntax, or if both ports are the same.
[[nodiscard]] Result<Rendered> render_nginx(const service::RoutingTable& table,
                                            const RenderOptions& options);

}  // namespace scrimp::proxy
