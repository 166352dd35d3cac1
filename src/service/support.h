// The types of applications that a balancer supports, as its operator chose them: what is announced
// beside is told in words and not routed. And the options that he chose for them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/application.h"

namespace scrimp::service {

/// Ports from `first` to `last`, both included.
struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    friend auto operator<=>(const PortRange&, const PortRange&) = default;
};

/// What a proxy cannot do of what an application asks, in words that begin with the key; nothing if
/// it can do all of it.
using Lacks = std::optional<std::string> (*)(const Application&);

struct Support {
    std::vector<Protocol> protocols;      ///< Empty: all.
    std::vector<PortRange> listen_ports;  ///< Empty: all.
    Lacks lacks = nullptr;                ///< Of the proxy in use; null: it can do all.
    /// Where the proxy answers in HTTP whatever is announced: no place for TCP.
    std::vector<std::uint16_t> http_ports{};
    /// What the operator wants for applications, by their folded names, over what they announce.
    std::map<std::string, Options> overrides{};
    friend bool operator==(const Support&, const Support&) = default;
};

/// Why the application is not supported; nothing if it is.
[[nodiscard]] std::optional<std::string> unsupported(const Support& support,
                                                     const Application& application);

/// The application with what the operator wants of it; nothing if that is all the same.
[[nodiscard]] std::optional<Application> overridden(const Support& support,
                                                    const Application& application);

}  // namespace scrimp::service
