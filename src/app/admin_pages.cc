#include "app/admin_pages.h"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "admin/members.h"
#include "admin/routes.h"
#include "admin/status.h"
#include "app/config_pages.h"
#include "app/gossip_words.h"
#include "base/words.h"
#include "runtime/clock.h"
#include "service/metadata.h"
#include "service/options_json.h"

namespace scrimp::app {
namespace {

/// When `moment` of the house's time line was, in Unix seconds.
std::int64_t unix_time_of(Instant moment) {
    const Duration age = runtime::now() - moment;
    return runtime::unix_seconds() - std::chrono::duration_cast<std::chrono::seconds>(age).count();
}

std::string role_name(const Config& config) {
    return std::string(service::name_of(config.load_balancer ? service::Role::LoadBalancer
                                                             : service::Role::Backend));
}

/// What members announce, read once for as long as they announce it: there may be thousands, and
/// 20 microseconds for each, whenever somebody looks, would keep gossip waiting.
class MemberReadings {
  public:
    struct Reading {
        service::Role role = service::Role::Unknown;
        std::size_t applications = 0;
    };
    /// In the order of `members`, whose readings alone are kept.
    std::vector<Reading> of(std::span<const swim::Member> members) {
        std::map<Profile, Reading> before = std::exchange(known_, {});
        std::vector<Reading> readings;
        readings.reserve(members.size());
        for (const swim::Member& member : members) {
            auto known = before.extract(member.profile);
            if (known) {
                readings.push_back(known.mapped());
                known_.insert(std::move(known));
            } else {
                readings.push_back(read(*member.profile));
                known_.emplace(member.profile, readings.back());
            }
        }
        return readings;
    }

  private:
    using Profile = std::shared_ptr<const swim::Profile>;

    static Reading read(const swim::Profile& profile) {
        const auto announced = service::decode_metadata(profile.metadata);
        if (!announced) return {};
        return {announced->role,
                announced->rest ? announced->rest->count : announced->applications.size()};
    }

    std::map<Profile, Reading> known_;
};

admin::MemberRow row_of(const swim::Member& member, const MemberReadings::Reading& reading,
                        const std::string& self) {
    const swim::Profile& profile = *member.profile;
    admin::MemberRow row;
    row.name = shown(profile.name);
    row.address = profile.endpoint.text();
    row.role = service::name_of(reading.role);
    row.applications = reading.applications;
    row.state = swim::name_of(member.state);
    row.incarnation = member.incarnation;
    row.since = unix_time_of(member.changed_at);
    row.self = profile.name == self;
    return row;
}

admin::MembersView members_view(const AdminSources& sources, MemberReadings& readings) {
    admin::MembersView view{.now = runtime::unix_seconds()};
    const Presence* const presence = sources.presence();
    if (presence == nullptr) return view;
    const std::span<const swim::Member> members = presence->members();
    const std::vector<MemberReadings::Reading> read = readings.of(members);
    for (std::size_t i = 0; i < members.size(); ++i) {
        view.members.push_back(row_of(members[i], read[i], sources.live.config().node_name));
    }
    return view;
}

/// Without upstreams.
admin::RouteRow row_of(const service::Application& application) {
    admin::RouteRow row;
    row.application = application.name.text();
    row.listen_port = application.listen_port;
    row.protocol = service::name_of(application.protocol);
    for (const service::Domain& domain : application.domains) row.domains.push_back(domain.text());
    return row;
}

/// As members of a JSON object; whose password it is shows, not what it hashes to.
std::string options_text(const service::Application& application) {
    if (!application.options) return {};
    service::Options options = *application.options;
    for (service::Credential& credential : options.basic_auth) credential.hash = "...";
    std::string text = service::render_options(options);
    if (!text.empty()) text.erase(0, 1);  // The comma before the first.
    return text;
}

/// What is routed: another backend of it may announce other options, the operator override them.
const service::Application& as_routed(const service::RoutingTable& table,
                                      const service::Application& announced) {
    const auto route = std::ranges::lower_bound(
        table.routes, announced.name, {},
        [](const service::Route& each) -> const service::Name& { return each.application.name; });
    const bool found = route != table.routes.end() && route->application.name == announced.name;
    return found ? route->application : announced;
}

admin::UpstreamRow row_of(const service::Standing& standing) {
    return {.member_name = standing.member_name,
            .endpoint = standing.endpoint.text(),
            .state = std::string(service::name_of(standing.condition.state)),
            .reason = standing.condition.reason,
            .in_rotation = standing.in_rotation,
            .weight = standing.weight,
            .since = unix_time_of(standing.since),
            .note = standing.note};
}

admin::RoutesView routes_view(const service::Registry& registry) {
    admin::RoutesView view{.now = runtime::unix_seconds(), .revision = registry.table().revision};
    const service::Application* latest = nullptr;
    for (const service::Standing& standing : registry.standings()) {
        // Sorted by application, so those of one stand together.
        if (latest == nullptr || !service::same_pool(*latest, *standing.application)) {
            view.routes.push_back(row_of(*standing.application));
            view.routes.back().options =
                options_text(as_routed(registry.table(), *standing.application));
        }
        latest = standing.application;
        view.routes.back().upstreams.push_back(row_of(standing));
    }
    for (const service::Refusal& refusal : registry.refusals()) {
        view.refusals.push_back({refusal.member_name, refusal.application, refusal.reason});
    }
    return view;
}

/// The first of them to end.
std::optional<std::int64_t> certified_until(const proxy::Certificates& known,
                                            const admin::RouteRow& route) {
    std::optional<std::int64_t> first;
    for (const std::string& text : route.domains) {
        const auto domain = service::Domain::parse(text);
        if (!domain) continue;
        const auto at = known.find(*domain);
        if (!at && !known.fallback()) continue;
        const std::int64_t end = at ? known.all()[*at].not_after : known.fallback()->not_after;
        first = std::min(first.value_or(end), end);
    }
    return first;
}

admin::CertificateRow row_of(const proxy::Certificate& certificate) {
    admin::CertificateRow row{.name = certificate.name,
                              .domains = {},
                              .fingerprint = certificate.fingerprint,
                              .not_after = certificate.not_after};
    for (const service::Domain& domain : certificate.domains) row.domains.push_back(domain.text());
    return row;
}

admin::TrafficStatus traffic_of(const admin::RoutesView& routes) {
    admin::TrafficStatus traffic{.applications = routes.routes.size(),
                                 .refusals = routes.refusals.size(),
                                 .revision = routes.revision};
    for (const admin::RouteRow& route : routes.routes) {
        std::size_t in_rotation = 0;
        bool any_healthy = false;
        for (const admin::UpstreamRow& upstream : route.upstreams) {
            in_rotation += upstream.in_rotation ? 1U : 0U;
            any_healthy = any_healthy || upstream.state == "healthy";
        }
        traffic.upstreams += route.upstreams.size();
        traffic.in_rotation += in_rotation;
        // One whose backends are well is refused or held back, which is told elsewhere.
        if (in_rotation == 0 && !any_healthy) {
            traffic.without_upstream.push_back(route.application);
        } else if (!any_healthy) {
            traffic.failing_open.push_back(route.application);
        }
    }
    return traffic;
}

admin::RolloutStatus rollout_of(const proxy::RolloutView& view) {
    admin::RolloutStatus status{.phase = std::string(view.phase),
                                .generation = view.generation,
                                .revision = view.revision,
                                .latest = view.latest,
                                .reloads = view.reloads,
                                .old_workers = view.old_workers.workers,
                                .waits_for = view.waits_for,
                                .pinned = view.pinned,
                                .failure = view.failure};
    for (const proxy::LeftOut& left : view.left_out) {
        status.left_out.push_back({left.application, left.listen_port, left.nodes, left.reason});
    }
    return status;
}

/// Applications whose checks cannot be made.
void add_hindrances(std::vector<std::string>& faults,
                    const std::vector<service::Checkup>& checkups) {
    constexpr std::size_t named_max = 5;
    std::vector<std::string> names;
    std::string hindrance;
    for (const service::Checkup& checkup : checkups) {
        if (checkup.hindrance.empty()) continue;
        names.push_back(checkup.application);
        hindrance = checkup.hindrance;
    }
    if (names.empty()) return;
    faults.push_back("the latest check could not be made of " + shortened_list(names, named_max) +
                     ": " + hindrance);
}

admin::StatusView status_view(const AdminSources& sources, std::int64_t started) {
    const Config& config = sources.live.config();
    admin::StatusView view{.version = SCRIMP_VERSION,
                           .node_name = config.node_name,
                           .role = role_name(config),
                           .now = runtime::unix_seconds(),
                           .started = started,
                           .address = sources.address(),
                           .applications = config.applications.size(),
                           .published = sources.published(),
                           .faults = sources.live.faults()};
    if (const Presence* const presence = sources.presence()) {
        for (const swim::Member& member : presence->members()) {
            view.alive += swim::is_gone(member.state) ? 0U : 1U;
            view.suspect += member.state == swim::State::Suspect ? 1U : 0U;
        }
    }
    if (sources.balancer != nullptr) {
        view.traffic = traffic_of(routes_view(sources.balancer->registry()));
        view.rollout = rollout_of(sources.balancer->rollout());
        const proxy::Certificates& known = sources.balancer->certificates();
        if (known.fallback()) view.certificates.push_back(row_of(*known.fallback()));
        for (const auto& each : known.all()) view.certificates.push_back(row_of(each));
        std::ranges::move(sources.balancer->faults(), std::back_inserter(view.faults));
    }
    if (sources.backend != nullptr) {
        for (const service::NamedCondition& each : sources.backend->conditions()) {
            view.withheld.push_back({each.application.text(),
                                     std::string(service::name_of(each.condition.state)),
                                     each.condition.reason});
        }
        add_hindrances(view.faults, sources.backend->checkups());
    }
    return view;
}

/// In the format that is asked for.
template <class View>
admin::Response respond(const admin::Request& request, const View& view,
                        std::string (*json)(const View&), std::string (*text)(const View&)) {
    const Result<admin::Format> format = admin::format_of(request);
    if (!format) return admin::problem(400, format.error().message);
    if (*format == admin::Format::Json) return {.body = json(view)};
    return {.content_type = std::string(admin::text_type), .body = text(view)};
}

}  // namespace

void add_pages(AdminDesk& desk, AdminSources given) {
    add_config_pages(desk, given.balancer);
    const auto sources = std::make_shared<const AdminSources>(std::move(given));
    desk.get("/v1/members", [sources, readings = std::make_shared<MemberReadings>()](
                                const admin::Request& request) {
        return respond(request, members_view(*sources, *readings), admin::members_json,
                       admin::members_text);
    });
    desk.get("/v1/status", [sources,
                            started = runtime::unix_seconds()](const admin::Request& request) {
        const admin::StatusView view = status_view(*sources, started);
        admin::Response response = respond(request, view, admin::status_json, admin::status_text);
        response.degraded = !admin::warnings_of(view).empty();
        return response;
    });
    desk.get("/v1/routes", [sources](const admin::Request& request) {
        if (sources->balancer == nullptr) {
            return admin::problem(404, "this node is a backend; routes are a load balancer's");
        }
        admin::RoutesView view = routes_view(sources->balancer->registry());
        for (admin::RouteRow& route : view.routes) {
            if (route.listen_port == sources->live.config().load_balancer_config.http_port)
                continue;
            route.certified_until = certified_until(sources->balancer->certificates(), route);
        }
        return respond(request, view, admin::routes_json, admin::routes_text);
    });
}

}  // namespace scrimp::app
