// Which of this host's addresses others reach it at: the choice, apart from asking the kernel.
#pragma once

#include <span>
#include <string_view>

#include "providers/providers.h"

namespace scrimp::providers {

enum class Family : std::uint8_t { Any, Ipv4, Ipv6 };

/// Neither loopback, link-local, multicast, broadcast nor unspecified. Private ranges are global.
[[nodiscard]] bool is_global(const Endpoint& address);

/// The first global address of `family` on an interface that is up; the error lists what there is.
[[nodiscard]] Result<Endpoint> choose_address(std::span<const InterfaceAddress> addresses,
                                              Family family);
/// The first address of `family` on the named interface, a global one if it has one. Its loopback
/// address is taken too, for who names that interface means it; a link-local one never, since it
/// means nothing without a zone.
[[nodiscard]] Result<Endpoint> choose_address_of(std::span<const InterfaceAddress> addresses,
                                                 std::string_view interface, Family family);

}  // namespace scrimp::providers
