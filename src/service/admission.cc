#include "service/admission.h"

#include <algorithm>
#include <utility>

#include "base/printable.h"

namespace scrimp::service {
namespace {

/// As many as a cluster has members, and several of each; then all are verified anew.
constexpr std::size_t verified_max = 20'000;

std::string shown(const std::string& text) {
    return printable(text, 4 * text.size());
}

}  // namespace

std::optional<std::string> Gate::refusal(const Application& application) const {
    if (rule_ != nullptr) {
        if (auto more = beyond(*rule_, application)) return "admission: " + *more + " by its rule";
    }
    if (permit_ != nullptr) {
        if (auto more = beyond(permit_->grant, application)) {
            return "permit: " + *more + " by the permit it presents";
        }
    }
    return std::nullopt;
}

std::optional<std::int64_t> Gate::expires() const {
    return permit_ != nullptr ? permit_->expires : std::nullopt;
}

const Admission::Verified& Admission::verify(const std::string& permit) {
    if (const auto known = verified_.find(permit); known != verified_.end()) return known->second;
    if (verified_.size() >= verified_max) verified_.clear();
    const auto made = verify_permit(permit, config_.permit_keys).map([](const Permit& good) {
        return std::make_shared<const Permit>(good);
    });
    return verified_.emplace(permit, made).first->second;
}

Gate Admission::gate_for(const std::string& name, const Endpoint& address,
                         const std::string& permit, std::int64_t unix_seconds) {
    Gate gate;
    if (!config_.rules.empty()) {
        const auto rule = std::ranges::find_if(config_.rules, [&](const AdmissionRule& candidate) {
            return matches_any(candidate.nodes, name) && is_allowed(address, candidate.networks);
        });
        if (rule == config_.rules.end()) {
            gate.closed_ = "admission: no rule names it at " + address.ip_text();
            return gate;
        }
        gate.rule_ = &rule->grant;
    }
    if (permit.empty()) {
        if (config_.require_permit)
            gate.closed_ = "permit: it presents none, and require-permit is set";
        return gate;
    }
    if (config_.permit_keys.empty()) return gate;
    const Verified& verified = verify(permit);
    if (!verified) {
        gate.closed_ = "permit: the one that it presents " + verified.error().message;
        return gate;
    }
    const Permit& held = **verified;
    gate.permit_ = *verified;
    if (!matches(held.node, name)) {
        gate.closed_ = "permit: it is for nodes named " + shown(held.node);
    } else if (!is_allowed(address, held.networks)) {
        gate.closed_ = "permit: it is for other networks than that of " + address.ip_text();
    } else if (held.expires && *held.expires <= unix_seconds) {
        gate.closed_ = "permit: it has expired";
    }
    return gate;
}

}  // namespace scrimp::service
