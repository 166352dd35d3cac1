#include "service/registry.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "base/assert.h"
#include "base/printable.h"

namespace scrimp::service {
namespace {

/// A byte escapes to at most four characters, so nothing is ever cut: names stay one to one.
std::string shown(const std::string& member_name) {
    return printable(member_name, 4 * member_name.size());
}

struct Backend {
    Endpoint endpoint;
    Bytes metadata;
    Announcement announcement;
    std::string fault;       ///< Why the metadata as a whole says nothing; empty if it does.
    bool confirmed = false;  ///< The cluster spoke of it in this life of ours.

    /// Whether a table or its refusals would be the same without it.
    [[nodiscard]] bool says_nothing() const {
        return fault.empty() && announcement.applications.empty() &&
               announcement.rejections.empty();
    }
};

Backend read_backend(const Endpoint& endpoint, ByteView metadata, bool confirmed) {
    Backend backend{.endpoint = endpoint,
                    .metadata = to_bytes(metadata),
                    .announcement = {},
                    .fault = {},
                    .confirmed = confirmed};
    // A member without metadata is of another trade and announces nothing: no fault of its own.
    if (metadata.empty()) return backend;
    if (Result<Announcement> announcement = decode_metadata(metadata)) {
        backend.announcement = *std::move(announcement);
        if (backend.announcement.role == Role::Unknown) {
            backend.fault = "metadata: its type is neither backend nor load-balancer";
        }
    } else {
        backend.fault = "metadata: " + announcement.error().message;
    }
    return backend;
}

using Claims = std::map<Application, std::vector<Upstream>>;
using Claim = Claims::value_type;

/// Gives each name and each (port, domain) to the first claim that comes for it.
class Allotment {
  public:
    /// Takes all that the application needs; or takes nothing and says what is in the way. The
    /// sentence must not change while the holder stays the same, or it would be reported again.
    std::optional<std::string> take(const Application& application) {
        if (const auto held = names_.find(application.name.folded()); held != names_.end()) {
            return describe(*held->second);
        }
        for (const Domain& domain : application.domains) {
            const auto held = domains_.find({application.listen_port, domain});
            if (held == domains_.end()) continue;
            return "domains: '" + domain.text() + "' on port " +
                   std::to_string(application.listen_port) + " is held by '" +
                   held->second->name.text() + "'";
        }
        names_.emplace(application.name.folded(), &application);
        for (const Domain& domain : application.domains) {
            domains_.emplace(std::pair(application.listen_port, domain), &application);
        }
        return std::nullopt;
    }

  private:
    static std::string describe(const Application& holder) {
        return "name: held by another application of that name, listen-port " +
               std::to_string(holder.listen_port) + ", application-port " +
               std::to_string(holder.application_port) + ", " +
               std::string(name_of(holder.protocol)) + ", domain '" +
               holder.domains.front().text() + "'" +
               (holder.domains.size() > 1
                    ? " and " + std::to_string(holder.domains.size() - 1) + " more"
                    : "");
    }

    std::map<std::string, const Application*> names_;
    std::map<std::pair<std::uint16_t, Domain>, const Application*> domains_;
};

/// Sorted, and of each member at most refusals_per_member_max.
std::vector<Refusal> shorten(const std::set<Refusal>& all) {
    std::vector<Refusal> kept;
    for (auto first = all.begin(); first != all.end();) {
        const auto last = std::find_if(first, all.end(), [&](const Refusal& refusal) {
            return refusal.member_name != first->member_name;
        });
        auto count = static_cast<std::size_t>(std::distance(first, last));
        if (count <= refusals_per_member_max) {
            kept.insert(kept.end(), first, last);
        } else {
            const auto cut = std::next(first, refusals_per_member_max - 1);
            kept.insert(kept.end(), first, cut);
            count -= refusals_per_member_max - 1;
            kept.push_back({first->member_name, "others",
                            std::to_string(count) + " more applications are not routed"});
        }
        first = last;
    }
    std::ranges::sort(kept);
    return kept;
}

}  // namespace

struct Registry::State {
    std::vector<std::uint16_t> reserved_ports;
    std::map<std::string, Backend> backends;  ///< By the member's name as it came.
    RoutingTable table;
    std::vector<Refusal> refusals;  ///< Sorted.
    std::deque<Refusal> unreported;
    bool table_changed = false;
    bool waits = false;  ///< For the first word of the cluster about what was remembered.
    Instant grace_ends = never;
    Instant rebuild_at = never;
    std::optional<Instant> rebuilt_at;
    Instant latest = Instant::min();

    void observe(Instant now) {
        SCRIMP_ASSERT(now >= latest);
        latest = now;
    }

    [[nodiscard]] bool any_unconfirmed() const {
        return std::ranges::any_of(backends, [](const auto& b) { return !b.second.confirmed; });
    }

    /// Returns whether anything changed that the table could show.
    bool fold(const swim::Profile& profile) {
        const auto known = backends.find(profile.name);
        if (known != backends.end() && known->second.endpoint == profile.endpoint &&
            known->second.metadata == profile.metadata) {
            known->second.confirmed = true;
            return false;
        }
        Backend told = read_backend(profile.endpoint, profile.metadata, true);
        const bool nothing =
            told.says_nothing() && (known == backends.end() || known->second.says_nothing());
        backends.insert_or_assign(profile.name, std::move(told));
        return !nothing;
    }

    /// The same of a member that is gone.
    bool drop(const std::string& name) {
        const auto known = backends.find(name);
        if (known == backends.end()) return false;
        const bool nothing = known->second.says_nothing();
        backends.erase(known);
        return !nothing;
    }

    Claims collect_claims(std::set<Refusal>& refused) const {
        Claims claims;
        for (const auto& [name, backend] : backends) {
            const std::string member = shown(name);
            if (!backend.fault.empty()) refused.insert({member, "", backend.fault});
            for (const Rejection& rejection : backend.announcement.rejections) {
                refused.insert({member, rejection.application, rejection.reason});
            }
            for (const Application& application : backend.announcement.applications) {
                if (std::ranges::count(reserved_ports, application.listen_port) > 0) {
                    refused.insert({member, application.name.text(),
                                    "listen-port: the balancer itself listens on " +
                                        std::to_string(application.listen_port)});
                    continue;
                }
                Endpoint endpoint = backend.endpoint;
                endpoint.port = application.application_port;
                claims[application].push_back({member, endpoint});
            }
        }
        return claims;
    }

    /// The claims in the order in which they may choose: see the essay.
    [[nodiscard]] std::vector<const Claim*> rank(const Claims& claims) const {
        const auto held = [this](const Application& application) {
            return std::ranges::binary_search(table.routes, application, {}, &Route::application);
        };
        struct Ranked {
            const Claim* claim;
            bool incumbent;
        };
        std::vector<Ranked> ranked;
        for (const Claim& claim : claims) ranked.push_back({&claim, held(claim.first)});
        // Stable: among equals the lesser, which comes first already.
        std::ranges::stable_sort(ranked, [](const Ranked& a, const Ranked& b) {
            const std::size_t backends_of_a = a.claim->second.size();
            const std::size_t backends_of_b = b.claim->second.size();
            if (backends_of_a != backends_of_b) return backends_of_a > backends_of_b;
            return a.incumbent && !b.incumbent;
        });
        std::vector<const Claim*> order;
        for (const Ranked& entry : ranked) order.push_back(entry.claim);
        return order;
    }

    void rebuild() {
        std::set<Refusal> refused;
        const Claims claims = collect_claims(refused);
        Allotment allotment;
        std::vector<Route> routes;
        for (const Claim* claim : rank(claims)) {
            const auto& [application, upstreams] = *claim;
            if (const auto reason = allotment.take(application)) {
                for (const Upstream& upstream : upstreams) {
                    refused.insert({upstream.member_name, application.name.text(), *reason});
                }
                continue;
            }
            Route route{.application = application, .upstreams = upstreams};
            std::ranges::sort(route.upstreams);
            routes.push_back(std::move(route));
        }
        std::ranges::sort(routes);
        report(shorten(refused));
        if (routes == table.routes) return;
        table.routes = std::move(routes);
        ++table.revision;
        table_changed = true;
    }

    void report(std::vector<Refusal> now_refused) {
        std::ranges::set_difference(now_refused, refusals, std::back_inserter(unreported));
        refusals = std::move(now_refused);
    }
};

Registry::Registry(std::vector<std::uint16_t> reserved_ports) : state_(std::make_unique<State>()) {
    state_->reserved_ports = std::move(reserved_ports);
}

Registry::~Registry() = default;

void Registry::restore(Instant now, const std::vector<Remembered>& backends) {
    State& state = *state_;
    state.observe(now);
    for (const Remembered& remembered : backends) {
        Backend backend = read_backend(remembered.endpoint, remembered.metadata, false);
        if (backend.announcement.role != Role::Backend) continue;
        state.backends.insert_or_assign(remembered.member_name, std::move(backend));
    }
    state.waits = !state.backends.empty();
    state.rebuild();
}

void Registry::handle_event(Instant now, const swim::MemberEvent& event) {
    State& state = *state_;
    state.observe(now);
    SCRIMP_ASSERT(event.member.profile != nullptr);
    const swim::Profile& profile = *event.member.profile;
    if (state.waits) {
        state.waits = false;
        state.grace_ends = now + confirmation_grace;
    }
    const bool gone = event.change == swim::Change::Left || event.change == swim::Change::Failed;
    const bool changed = gone ? state.drop(profile.name) : state.fold(profile);
    if (state.grace_ends != never && !state.any_unconfirmed()) state.grace_ends = never;
    if (!changed || state.rebuild_at != never) return;
    state.rebuild_at = state.rebuilt_at ? std::max(now, *state.rebuilt_at + rebuild_pause) : now;
}

void Registry::handle_deadline(Instant now) {
    State& state = *state_;
    state.observe(now);
    if (now >= state.grace_ends) {
        state.grace_ends = never;
        std::erase_if(state.backends, [](const auto& b) { return !b.second.confirmed; });
        state.rebuild_at = now;
    }
    if (now < state.rebuild_at) return;
    state.rebuild_at = never;
    state.rebuilt_at = now;
    state.rebuild();
}

std::optional<RegistryAction> Registry::poll_action() {
    State& state = *state_;
    if (!state.unreported.empty()) {
        Refusal refusal = std::move(state.unreported.front());
        state.unreported.pop_front();
        return refusal;
    }
    if (!std::exchange(state.table_changed, false)) return std::nullopt;
    return TableChanged{};
}

Instant Registry::next_deadline() const {
    return std::min(state_->grace_ends, state_->rebuild_at);
}

const RoutingTable& Registry::table() const {
    return state_->table;
}

const std::vector<Refusal>& Registry::refusals() const {
    return state_->refusals;
}

}  // namespace scrimp::service
