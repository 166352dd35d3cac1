#include "service/standing.h"

#include <algorithm>
#include <tuple>

#include "base/words.h"

namespace scrimp::service {
namespace {

const Upstream* find_upstream(const RoutingTable& table, const Application& application,
                              const std::string& member_name, const Endpoint& endpoint) {
    // Sorted by name first, and no two have one. The options may be another's, or the operator's.
    const auto place = [](const Application& each) {
        return std::tie(each.name, each.listen_port, each.application_port, each.protocol,
                        each.domains);
    };
    const auto route = std::ranges::lower_bound(
        table.routes, application.name, {},
        [](const Route& each) -> const Name& { return each.application.name; });
    if (route == table.routes.end() || place(route->application) != place(application)) {
        return nullptr;
    }
    const auto upstream = std::ranges::lower_bound(
        route->upstreams, std::tie(member_name, endpoint), {},
        [](const Upstream& each) { return std::tie(each.member_name, each.endpoint); });
    const bool is_there = upstream != route->upstreams.end() &&
                          upstream->member_name == member_name && upstream->endpoint == endpoint;
    return is_there ? &*upstream : nullptr;
}

std::string note_of(Instant now, const Standing& standing, const Sighted& seen) {
    if (seen.finding != nullptr && !seen.finding->stays.empty()) return seen.finding->stays;
    const bool is_healthy = standing.condition.state == Availability::Healthy;
    if (standing.in_rotation) {
        if (!is_healthy) return "gets traffic because no other backend of it is healthy";
        return seen.start_percent < whole_percent ? "starts slowly" : "";
    }
    if (!is_healthy) return {};
    if (seen.damped_until > now) {
        return "comes and goes too often: held back for " + rough_text(seen.damped_until - now);
    }
    return "not routed: the refusals say why";
}

}  // namespace

const Condition& condition_that_counts(const Condition& announced, const Sighted& seen) {
    const bool is_a_persons_word =
        announced.state == Availability::Draining || announced.state == Availability::Maintenance;
    const bool is_found =
        seen.finding != nullptr && seen.finding->condition.state != Availability::Healthy;
    return is_found && !is_a_persons_word ? seen.finding->condition : announced;
}

Fitness fitness_of(Instant now, const Condition& announced, const Sighted& seen) {
    const bool stays = seen.finding != nullptr && !seen.finding->stays.empty();
    return {.state = stays ? announced.state : condition_that_counts(announced, seen).state,
            .damped = seen.damped_until > now,
            .start_percent = seen.start_percent};
}

std::vector<Standing> standings_of(Instant now, const std::map<std::string, Announcer>& announcers,
                                   const Observations& observations, const RoutingTable& table) {
    std::vector<Standing> standings;
    for (const auto& [name, announcer] : announcers) {
        const Announcement& announcement = announcer.in_force();
        for (const Application& application : announcement.applications) {
            Standing standing{.application = &application,
                              .member_name = announcer.shown_name,
                              .endpoint = announcer.endpoint,
                              .source = announcer.source()};
            standing.endpoint.port = application.application_port;
            const std::string& text = application.name.text();
            const Sighted seen = observations.look(now, name, text, standing.endpoint);
            standing.condition = condition_that_counts(
                condition_of(announcement.conditions, application.name), seen);
            standing.since = std::max(announcer.since, seen.changed_at);
            if (seen.finding != nullptr) {
                standing.since = std::max(standing.since, seen.finding->since);
            }
            if (const Upstream* const upstream =
                    find_upstream(table, application, standing.member_name, standing.endpoint)) {
                standing.in_rotation = true;
                standing.weight = upstream->weight;
            }
            standing.note = note_of(now, standing, seen);
            standings.push_back(std::move(standing));
        }
    }
    std::ranges::sort(standings, [](const Standing& a, const Standing& b) {
        const auto order = pool_order(*a.application, *b.application);
        if (order != 0) return order < 0;
        return std::tie(a.member_name, a.endpoint) < std::tie(b.member_name, b.endpoint);
    });
    return standings;
}

}  // namespace scrimp::service
