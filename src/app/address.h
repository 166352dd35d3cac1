// Which address we tell the cluster to reach us at, as far as this host knows by itself. Asking a
// resolver, and again later, is app/whereabouts.h.
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

/// advertise-address, else bind-address if it names one address, else nothing. `port` is what the
/// gossip socket got.
[[nodiscard]] std::optional<OwnAddress> stated_address(const Config& config, std::uint16_t port);

/// The first address of an interface that others can reach, private IPv4 before other IPv4 before
/// IPv6, as memberlist chooses; else loopback, doubtful. Fails only if the interfaces cannot be
/// listed: worth another try later.
[[nodiscard]] Result<OwnAddress> interface_address(std::uint16_t port);

}  // namespace scrimp::app
