// The HAProxy generator: a routing table as one file that HAProxy 2.6 or later loads beside the
// operator's, by a further `-f`.
//
// What is in the file, from the top:
//   map              which backend a domain leads to, and the generation: lines ` #KEY VALUE`
//   defaults         named, so that the operator's defaults and ours leave each other alone
//   plain frontend   on http_port: HTTPS instead, unless an application listens there itself; the
//                    generation for clients on loopback
//   TLS frontends    one on https_port and one on each further port an application listens on; a
//                    503 page for names that nobody serves
//   per application  a backend: its servers, and spare ones that are off
//
// There is no `global` section: the process is the operator's, and so are its stats socket, its
// user and hard-stop-after, which bounds the life of workers that a reload has replaced.
//
// The file is its own map. HAProxy finds a key in a map by a tree, so a request costs the same for
// one application as for five thousand, where a rule for each would be gone through one by one; but
// a map is a file, and two files cannot be replaced at once, nor be kept, pinned and gone back to
// as one. To the reader of configurations a line ` #443/web.example scrimp_web` is a comment,
// because it takes a `#` after a space for one; to the reader of maps it is a key with a value,
// because it takes a `#` for a comment in the first column only. The other lines are keys too,
// which nobody asks for: all that are asked for begin with `#`. The generation is looked up in the
// map as well, so a HAProxy that reads maps in another way never confirms one, and the last good
// text comes back.
//
// Servers are s1, s2 …: names of places, not of backends, for HAProxy can give a server another
// address while it runs, but not another name (haproxy_patch.h). In the text the table's upstreams
// have the first places in their order; where they are in the running process is its own affair.
// server-state-file is not used: whatever of a server's state is ours to say stands in the text,
// and what a state file keeps belongs to a place, which after a reload another backend may have. A
// newcomer would come up in the maintenance of the one before, or with its address (HAProxy's issue
// 1061).
//
// No request that may be repeated is lost when a backend goes: a connection that is refused, or
// closed without an answer, is tried again with another server (`redispatch 1`, `retry-on`), POST,
// LOCK and PATCH only if nothing had been sent. Gossip is what takes backends out: HAProxy makes no
// checks, so its servers are up unless we say otherwise. At a reload the old process answers one
// more request on each idle connection (`idle-close-on-response`), so a POST that comes as it goes
// is not lost either. Cost: linear in the table.
//
// Left out on purpose: what nginx's essay leaves out, and ejection by passive checks, which HAProxy
// has only beside active ones.
#pragma once

#include <string>
#include <vector>

#include "proxy/difference.h"
#include "proxy/generator.h"

namespace scrimp::proxy {

/// Fails if a path cannot be spelt in HAProxy's syntax, if the key stands where HAProxy does not
/// look for it, or if both ports are the same.
[[nodiscard]] Result<Rendered> render_haproxy(const service::RoutingTable& table,
                                              const RenderOptions& options);

/// The backends of a rendered table, one a route. Equal applications, equal names.
[[nodiscard]] std::vector<std::string> haproxy_backend_names(const Routes& routes);

/// In the map, what the generation stands under.
inline constexpr std::string_view haproxy_generation_key = "#generation";

}  // namespace scrimp::proxy
