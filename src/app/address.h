// Which address we tell the cluster to reach us at.
#pragma once

#include <optional>
#include <string>

#include "app/config.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace scrimp::app {

struct OwnAddress {
    Endpoint endpoint;
    std::string origin;     ///< Where it comes from, for a log line.
    bool doubtful = false;  ///< Only this host itself can reach it.
};

/// In this order: advertise-address; bind-address if it names one address; a load balancer's
/// resolver; the first address of an interface that others can reach, private IPv4 before other
/// IPv4 before IPv6, as memberlist chooses; loopback. `port` is what the gossip socket got. Fails
/// only if the resolver or the list of interfaces does: worth another try later.
[[nodiscard]] Result<OwnAddress> own_address(const Config& config, std::uint16_t port);

/// The resolver's answer as a peer would dial it.
[[nodiscard]] Result<Endpoint> resolve_address(const Config& config, std::uint16_t port);

}  // namespace scrimp::app
