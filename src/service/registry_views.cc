#include "service/registry.h"
#include "service/registry_state.h"

namespace scrimp::service {

const RoutingTable& Registry::table() const {
    return state_->table;
}

const std::vector<Refusal>& Registry::refusals() const {
    return state_->refusals;
}

std::vector<BackendView> Registry::backends() const {
    std::vector<BackendView> views;
    views.reserve(state_->backends.size());
    for (const auto& [name, backend] : state_->backends) {
        views.push_back({.member_name = backend.shown_name,
                         .applications = backend.in_force().applications,
                         .source = backend.source(),
                         .complete = backend.complete});
    }
    return views;
}

std::vector<Standing> Registry::standings() const {
    return standings_of(state_->latest, state_->backends, state_->observations, state_->table);
}

std::vector<Endpoint> Registry::endpoints_of(const std::string& member_name) const {
    const auto known = state_->backends.find(member_name);
    return known == state_->backends.end() ? std::vector<Endpoint>() : known->second.endpoints();
}

std::span<const Application> Registry::applications_of(const std::string& member_name) const {
    const auto known = state_->backends.find(member_name);
    if (known == state_->backends.end()) return {};
    return known->second.in_force().applications;
}

std::size_t Registry::announced_by_all() const {
    std::size_t count = 0;
    for (const auto& [name, backend] : state_->backends) {
        count += backend.in_force().applications.size();
    }
    return count;
}

std::vector<std::string> Registry::announcing(const std::string& after, std::size_t most) const {
    const auto& backends = state_->backends;
    std::vector<std::string> names;
    auto at = backends.upper_bound(after);
    for (std::size_t left = backends.size(); left > 0 && names.size() < most; --left, ++at) {
        if (at == backends.end()) at = backends.begin();
        if (!at->second.in_force().applications.empty()) names.push_back(at->first);
    }
    return names;
}

bool Registry::is_announced_healthy(const std::string& member_name,
                                    const Endpoint& endpoint) const {
    const auto known = state_->backends.find(member_name);
    if (known == state_->backends.end() || known->second.endpoint.ip != endpoint.ip) return false;
    const Announcement& announcement = known->second.in_force();
    return std::ranges::any_of(announcement.applications, [&](const Application& application) {
        return application.application_port == endpoint.port &&
               condition_of(announcement.conditions, application.name).state ==
                   Availability::Healthy;
    });
}

std::optional<std::uint64_t> Registry::revision_with(const std::string& member_name,
                                                     const ListDigest& digest) const {
    const auto known = state_->backends.find(member_name);
    if (known == state_->backends.end() || !known->second.complete) return std::nullopt;
    if (state_->rebuild_at != never) return std::nullopt;
    if (digest_of(text_of(known->second.metadata)) != digest) return std::nullopt;
    return state_->table.revision;
}

}  // namespace scrimp::service
