#include "service/support.h"

#include <algorithm>

#include "service/grant.h"
#include "service/options_json.h"

namespace scrimp::service {
namespace {

/// Of the operator's own list a line of the log shows as many.
constexpr std::size_t shown_max = 8;

std::string text_of(Protocol protocol) {
    return std::string(name_of(protocol));
}

std::string text_of(const PortRange& range) {
    return port_range_text(range);
}

template <class T>
std::string listed(const std::vector<T>& items) {
    std::string text;
    for (std::size_t i = 0; i < std::min(items.size(), shown_max); ++i) {
        text += (i == 0 ? "" : ", ") + text_of(items[i]);
    }
    return items.size() > shown_max ? text + " and more" : text;
}

}  // namespace

std::optional<std::string> unsupported(const Support& support, const Application& application) {
    const auto& [protocols, ports, lacks, http_ports, overrides] = support;
    if (!protocols.empty() && std::ranges::count(protocols, application.protocol) == 0) {
        return "protocol: " + text_of(application.protocol) +
               " is not supported by this balancer; supported-protocols lists " + listed(protocols);
    }
    const bool listens = std::ranges::any_of(ports, [&](const PortRange& range) {
        return range.first <= application.listen_port && application.listen_port <= range.last;
    });
    if (!ports.empty() && !listens) {
        return "listen-port: " + std::to_string(application.listen_port) +
               " is not supported by this balancer; supported-listen-ports lists " + listed(ports);
    }
    if (application.protocol == Protocol::Tcp &&
        std::ranges::count(http_ports, application.listen_port) > 0) {
        return "listen-port: on " + std::to_string(application.listen_port) +
               " the balancer answers in HTTP; tcp needs another port";
    }
    return lacks == nullptr ? std::nullopt : lacks(application);
}

std::optional<Application> overridden(const Support& support, const Application& application) {
    if (support.overrides.empty()) return std::nullopt;
    const auto found = support.overrides.find(application.name.folded());
    if (found == support.overrides.end()) return std::nullopt;
    Application changed = application;
    changed.options = SharedOptions(merged(found->second, *application.options));
    return changed;
}

}  // namespace scrimp::service
