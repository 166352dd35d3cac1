// The nginx generator: a routing table as one file for the http block of nginx 1.18 or later.
//
// What is in the file, from the top:
//   map, geo         our own variables, all named scrimp_*, so they clash with nobody's; among them
//                    which upstream a domain leads to, one map for each port
//   plain server     on http_port: HTTPS instead, unless an application listens there itself; the
//                    generation for clients on loopback
//   TLS servers      one on https_port and one on each further port an application listens on; a
//                    503 page for names that nobody serves
//   own servers      for domains whose applications ask for more than the shared location has
//                    (nginx_domains.h), and for long ones
//   per application  an upstream, and before it a note of what it asks (nginx_note.h)
//
// All applications on a port share its server. A server of its own for each costs nginx some 95 kB,
// most of it for TLS contexts of the same certificate: 5,000 took 476 MB and 6 s to check, where
// this takes 74 MB and half a second. The price is that nginx finds an upstream's block by going
// through their names one by one, 12 ns each, or 50 where all have one length and beginning:
// nothing for a hundred applications, 60 to 250 us a request for the last of 5,000.
//
// Each server lists its domains although it is the default one of its port: a server of the
// operator's with a wildcard or a regular expression that covers one would take it otherwise.
//
// Only domains too long for nginx's default hash bucket, which we cannot enlarge (any `map` that
// the operator has before ours would make the directive a fatal duplicate), get a server beside
// them. nginx prefers those, and anything a wildcard among them matches is long too, so that the
// order of precedence (exact, longest wildcard) is kept.
//
// Every directive stands inside our own blocks unless nginx knows it only in http: a directive of
// http that the operator's nginx.conf has too would be a fatal duplicate. What we do not set
// (body size, logs, read timeouts) is inherited from there, so it is the operator's to choose.
//
// No request that may be repeated is lost when a backend goes: `error timeout` goes on to the next
// backend, each once and 6 s in all, and nginx counts an attempt on a kept-alive connection that
// the backend closed in the same moment as none, so even a sole backend is asked again. Requests
// that may not be repeated (POST, LOCK, PATCH) go on only if nothing had been sent. Gossip is what
// takes backends out; nginx's own ejection (max_fails) only spares the requests of the seconds
// between, and is kept short so that the last backend is never out for long. Cost: linear in the
// table.
//
// Left out on purpose: ports that speak TLS and plain HTTP both, HTTP/3,
// passing client certificates on; and what nginx_lacks.h says.
#pragma once

#include "proxy/generator.h"

namespace scrimp::proxy {

/// Fails if a TLS path cannot be spelt in nginx's syntax, or if both ports are the same.
[[nodiscard]] Result<Rendered> render_nginx(const service::RoutingTable& table,
                                            const RenderOptions& options);

}  // namespace scrimp::proxy
