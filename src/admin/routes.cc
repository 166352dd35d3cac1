#include "admin/routes.h"

#include <algorithm>

#include "admin/age.h"
#include "admin/json_writer.h"
#include "admin/text_table.h"
#include "base/words.h"

namespace scrimp::admin {
namespace {

void write_upstream(JsonWriter& json, const UpstreamRow& upstream) {
    json.begin_object();
    json.field("member", upstream.member_name);
    json.field("endpoint", upstream.endpoint);
    json.field("state", upstream.state);
    json.field("in_rotation", upstream.in_rotation);
    json.field("weight", upstream.weight);
    if (!upstream.reason.empty()) json.field("reason", upstream.reason);
    if (upstream.since) json.field("since", rfc3339(*upstream.since));
    if (!upstream.note.empty()) json.field("note", upstream.note);
    json.end_object();
}

void write_route(JsonWriter& json, const RouteRow& route) {
    json.begin_object();
    json.field("application", route.application);
    json.field("listen_port", route.listen_port);
    json.field("protocol", route.protocol);
    json.key("domains");
    json.begin_list();
    for (const std::string& domain : route.domains) json.value(domain);
    json.end_list();
    if (route.certified_until) json.field("certified_until", rfc3339(*route.certified_until));
    if (!route.options.empty()) {
        json.key("options");
        json.raw("{" + route.options + "}");
    }
    json.key("upstreams");
    json.begin_list();
    for (const UpstreamRow& upstream : route.upstreams) write_upstream(json, upstream);
    json.end_list();
    json.end_object();
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
    return text;
}

/// ", its certificate ends in 12 days"
std::string certified_text(const RouteRow& route, std::int64_t now) {
    if (!route.certified_until) return "";
    if (*route.certified_until <= now) return ", its certificate has expired";
    constexpr std::int64_t day_seconds = 24 * 3600;
    const auto days = static_cast<std::size_t>((*route.certified_until - now) / day_seconds);
    return ", its certificate ends in " + counted(days, "day");
}

/// "why", "why; and this", "and this".
std::string remark(const UpstreamRow& upstream) {
    if (upstream.reason.empty() || upstream.note.empty()) return upstream.reason + upstream.note;
    return upstream.reason + "; " + upstream.note;
}

/// Of what the others have: of 100, or of the most where a canary makes that more.
std::string traffic_text(const UpstreamRow& upstream, int most) {
    return upstream.in_rotation ? std::to_string(upstream.weight * 100 / most) + "%" : "none";
}

int most_weight(const RouteRow& route) {
    int most = 100;
    for (const UpstreamRow& upstream : route.upstreams) most = std::max(most, upstream.weight);
    return most;
}

}  // namespace

std::string routes_json(const RoutesView& view) {
    JsonWriter json;
    json.begin_object();
    json.field("revision", view.revision);
    json.key("routes");
    json.begin_list();
    for (const RouteRow& route : view.routes) write_route(json, route);
    json.end_list();
    json.key("refusals");
    json.begin_list();
    for (const RefusalRow& refusal : view.refusals) {
        json.begin_object();
        json.field("member", refusal.member_name);
        if (!refusal.application.empty()) json.field("application", refusal.application);
        json.field("reason", refusal.reason);
        json.end_object();
    }
    json.end_list();
    json.end_object();
    return std::move(json).take();
}

std::string routes_text(const RoutesView& view) {
    std::string text;
    for (const RouteRow& route : view.routes) {
        text += route.application + " on port " + std::to_string(route.listen_port) + ": " +
                joined(route.domains) + certified_text(route, view.now) + '\n';
        if (!route.options.empty()) text += "  " + route.options + '\n';
        const int most = most_weight(route);
        TextTable table({"BACKEND", "ENDPOINT", "STATE", "TRAFFIC", "SINCE", "WHY"});
        for (const UpstreamRow& upstream : route.upstreams) {
            table.add({upstream.member_name, upstream.endpoint, upstream.state,
                       traffic_text(upstream, most),
                       upstream.since ? age_text(view.now, *upstream.since) : "-",
                       remark(upstream)});
        }
        text += table.empty() ? "  no backend\n" : table.text(2);
    }
    if (view.routes.empty()) text += "no application is routed\n";
    if (!view.refusals.empty()) text += "refused:\n";
    for (const RefusalRow& refusal : view.refusals) {
        text += "  " + refusal.member_name +
                (refusal.application.empty() ? "" : ", application '" + refusal.application + "'") +
                ": " + refusal.reason + '\n';
    }
    return text;
}

}  // namespace scrimp::admin
