// Ends the TCP connections of this machine to a host that does not answer any more.
//
// A request that nginx has sent to such a host, over a connection kept from before, waits for an
// answer until proxy_read_timeout, a minute, and no directive and no reload shortens that. When the
// kernel ends the connection nginx sees an error at once, and asks another backend while there is
// time. SOCK_DESTROY of sock_diag(7) does it, as `ss --kill` does: Linux 4.9 with
// CONFIG_INET_DIAG_DESTROY, as Debian has it, and CAP_NET_ADMIN.
//
// Cost: the kernel walks its table of connections once; some milliseconds where there are 100,000.
#pragma once

#include <cstddef>

#include "base/endpoint.h"
#include "base/result.h"

namespace scrimp::runtime {

/// Returns how many were ended; of each, both ends see an error and no byte more. Whoever listens
/// at `to` goes on listening. Fails without the right, which changes nothing, or where the kernel
/// cannot; the error is a sentence.
[[nodiscard]] Result<std::size_t> sever(const Endpoint& to);

}  // namespace scrimp::runtime
