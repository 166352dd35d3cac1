#include "proxy/certificates.h"

#include <algorithm>
#include <utility>

namespace scrimp::proxy {
namespace {

/// "*.b.example" for "a.b.example"; nothing if no certificate's wildcard can cover the name.
std::optional<service::Domain> wildcard_over(const service::Domain& name) {
    const std::string& text = name.text();
    const std::size_t dot = text.find('.');
    if (dot == std::string::npos || text.starts_with("*.")) return std::nullopt;
    auto parsed = service::Domain::parse("*" + text.substr(dot));
    if (!parsed) return std::nullopt;
    return *std::move(parsed);
}

}  // namespace

Certificates::Certificates(std::vector<Certificate> all, std::optional<Certificate> fallback)
    : all_(std::move(all)), fallback_(std::move(fallback)) {
    std::ranges::sort(all_, [](const Certificate& a, const Certificate& b) {
        return std::pair(-a.not_after, std::string_view(a.name)) <
               std::pair(-b.not_after, std::string_view(b.name));
    });
    for (std::size_t i = 0; i < all_.size(); ++i) {
        for (const service::Domain& domain : all_[i].domains) names_.emplace(domain, i);
    }
}

std::optional<std::size_t> Certificates::find(const service::Domain& domain) const {
    if (const auto exact = names_.find(domain); exact != names_.end()) return exact->second;
    const auto wildcard = wildcard_over(domain);
    if (!wildcard) return std::nullopt;
    const auto found = names_.find(*wildcard);
    return found == names_.end() ? std::nullopt : std::optional(found->second);
}

bool covers(const service::Domain& pattern, const service::Domain& name) {
    return pattern == name || wildcard_over(name) == pattern;
}

}  // namespace scrimp::proxy
