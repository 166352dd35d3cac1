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

std::size_t Registry::announced_by(const std::string& member_name) const {
    const auto known = state_->backends.find(member_name);
    if (known == state_->backends.end()) return 0;
    return known->second.in_force().applications.size();
}

std::size_t Registry::announced_by_all() const {
    std::size_t count = 0;
    for (const auto& [name, backend] : state_->backends) {
        count += backend.in_force().applications.size();
    }
    return count;
}

std::vector<std::string> Registry::announcing(std::size_t most) const {
    std::vector<std::string> names;
    for (const auto& [name, backend] : state_->backends) {
        if (names.size() == most) break;
        if (!backend.in_force().applications.empty()) names.push_back(name);
    }
    return names;
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
