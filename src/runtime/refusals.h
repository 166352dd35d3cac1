// What the kernel heard about our packets: that a host has nobody who takes them (ICMP and ICMPv6
// "port unreachable"). Linux keeps such answers in the error queue of a socket that asks for them;
// one that serves both families asks for both. Source: ip(7), ipv6(7), IP_RECVERR.
#pragma once

#include <optional>

#include "base/endpoint.h"

namespace scrimp::runtime {

/// Packets of the UDP socket are to be reported by take_refusal(). A kernel that cannot is no
/// error: we then notice later.
void ask_for_refusals(int socket);

struct Refused {
    /// Where the packet had been sent; nothing if the answer was not a refusal by the host itself
    /// (a route that is missing, a packet too large).
    std::optional<Endpoint> by;
};
/// The next of the answers that wait; nothing if none does. Never blocks.
[[nodiscard]] std::optional<Refused> take_refusal(int socket);

}  // namespace scrimp::runtime
