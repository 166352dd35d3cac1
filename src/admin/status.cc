#include "admin/status.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "admin/age.h"
#include "admin/json_writer.h"
#include "base/words.h"

namespace scrimp::admin {
namespace {

/// Of applications in one sentence; the rest is in `scrimplb routes`.
constexpr std::size_t named_max = 5;

void write_traffic(JsonWriter& json, const TrafficStatus& traffic) {
    json.begin_object();
    json.field("revision", traffic.revision);
    json.field("applications", traffic.applications);
    json.field("upstreams", traffic.upstreams);
    json.field("in_rotation", traffic.in_rotation);
    json.field("refusals", traffic.refusals);
    json.end_object();
}

void write_rollout(JsonWriter& json, const RolloutStatus& rollout) {
    json.begin_object();
    json.field("phase", rollout.phase);
    json.field("generation", rollout.generation);
    json.field("revision", rollout.revision);
    json.field("latest_revision", rollout.latest);
    json.field("reloads", rollout.reloads);
    json.field("old_workers", rollout.old_workers);
    if (!rollout.waits_for.empty()) json.field("waits_for", rollout.waits_for);
    if (!rollout.pinned.empty()) json.field("pinned", rollout.pinned);
    if (!rollout.failure.empty()) json.field("failure", rollout.failure);
    json.key("left_out");
    json.begin_list();
    for (const LeftOutRow& row : rollout.left_out) {
        json.begin_object();
        json.field("application", row.application);
        json.field("listen_port", row.listen_port);
        json.field("nodes", row.nodes);
        json.field("reason", row.reason);
        json.end_object();
    }
    json.end_list();
    json.end_object();
}

void write_withheld(JsonWriter& json, const std::vector<WithheldRow>& withheld) {
    json.begin_list();
    for (const WithheldRow& row : withheld) {
        json.begin_object();
        json.field("application", row.application);
        json.field("state", row.state);
        json.field("reason", row.reason);
        json.end_object();
    }
    json.end_list();
}

/// Whole days, below zero of one that has expired.
std::int64_t days_left(const CertificateRow& row, std::int64_t now) {
    constexpr std::int64_t day_seconds = 24 * 3600;
    const std::int64_t left = row.not_after - now;
    return left >= 0 ? left / day_seconds : -((day_seconds - 1 - left) / day_seconds);
}

void write_certificates(JsonWriter& json, const StatusView& view) {
    json.begin_list();
    for (const CertificateRow& row : view.certificates) {
        json.begin_object();
        json.field("name", row.name);
        json.key("domains");
        json.begin_list();
        for (const std::string& domain : row.domains) json.value(domain);
        json.end_list();
        json.field("fingerprint", row.fingerprint);
        json.field("not_after", rfc3339(row.not_after));
        json.field("days_left", days_left(row, view.now));
        json.end_object();
    }
    json.end_list();
}

/// A line of the screen: a word in the first column.
void add_line(std::string& text, std::string_view word, const std::string& what) {
    constexpr std::size_t column = 14;
    text += word;
    text.append(column - word.size(), ' ');
    text += what + '\n';
}

/// How many there are, and those that end first.
void add_certificates(std::string& text, const StatusView& view) {
    if (view.certificates.empty()) return;
    std::vector<const CertificateRow*> rows;
    for (const CertificateRow& row : view.certificates) rows.push_back(&row);
    std::ranges::sort(rows, {}, [](const CertificateRow* row) {
        return std::pair(row->not_after, std::string_view(row->name));
    });
    add_line(text, "certificates", std::to_string(rows.size()) + ", the first to expire:");
    for (std::size_t i = 0; i < rows.size() && i < named_max; ++i) {
        const std::int64_t days = days_left(*rows[i], view.now);
        add_line(
            text, "",
            (rows[i]->name.empty() ? "tls-chain-location" : rows[i]->name) + ": " +
                (days < 0 ? "expired" : counted(static_cast<std::size_t>(days), "day") + " left") +
                ", for " + shortened_list(rows[i]->domains, named_max));
    }
}

std::string rollout_line(const RolloutStatus& rollout) {
    std::string line = rollout.phase + ", generation " +
                       (rollout.generation.empty() ? "unknown" : rollout.generation) +
                       " of revision " + std::to_string(rollout.revision);
    if (rollout.latest != rollout.revision) line += ", latest " + std::to_string(rollout.latest);
    return line + ", " + counted(rollout.reloads, "reload") + " so far, " +
           counted(rollout.old_workers, "old worker");
}

void add_traffic(std::string& text, const StatusView& view) {
    if (view.traffic) {
        add_line(text, "applications",
                 std::to_string(view.traffic->applications) + " routed, to " +
                     std::to_string(view.traffic->in_rotation) + " of " +
                     counted(view.traffic->upstreams, "upstream"));
        add_line(text, "refused",
                 view.traffic->refusals == 0 ? "nothing" : std::to_string(view.traffic->refusals));
    } else {
        add_line(text, "applications",
                 std::to_string(view.applications) + " announced, " +
                     std::to_string(view.withheld.size()) + " of them withheld");
    }
    for (const WithheldRow& row : view.withheld) {
        add_line(text, "", row.application + ": " + row.state + ", " + row.reason);
    }
}

void add_warnings(std::vector<std::string>& warnings, const RolloutStatus& rollout) {
    if (!rollout.failure.empty()) {
        warnings.push_back("the last rollout was not carried out: " + rollout.failure);
    }
    for (std::size_t i = 0; i < rollout.left_out.size() && i < named_max; ++i) {
        const LeftOutRow& row = rollout.left_out[i];
        warnings.push_back("application '" + row.application + "' of " + row.nodes +
                           " is left out: " + row.reason);
    }
    if (rollout.left_out.size() > named_max) {
        warnings.push_back(std::to_string(rollout.left_out.size() - named_max) +
                           " more applications are left out");
    }
    if (!rollout.pinned.empty()) {
        warnings.push_back("the configuration is pinned to generation " + rollout.pinned +
                           "; changes wait for `scrimplb config unpin`");
    }
}

}  // namespace

std::vector<std::string> warnings_of(const StatusView& view) {
    std::vector<std::string> warnings = view.faults;
    if (view.address.empty()) {
        warnings.emplace_back("our own address is not known yet");
    } else if (view.alive <= 1) {
        warnings.emplace_back("no other member is in touch");
    }
    if (view.traffic) {
        if (!view.traffic->without_upstream.empty()) {
            warnings.push_back("nobody serves " +
                               shortened_list(view.traffic->without_upstream, named_max));
        }
        if (!view.traffic->failing_open.empty()) {
            warnings.push_back("no backend is healthy, so all get traffic: " +
                               shortened_list(view.traffic->failing_open, named_max));
        }
        if (view.traffic->refusals > 0) {
            warnings.push_back(counted(view.traffic->refusals, "announcement") +
                               (view.traffic->refusals == 1 ? " is" : " are") +
                               " refused; `scrimplb routes` says why");
        }
    }
    if (view.rollout) add_warnings(warnings, *view.rollout);
    return warnings;
}

std::string status_json(const StatusView& view) {
    const std::vector<std::string> warnings = warnings_of(view);
    JsonWriter json;
    json.begin_object();
    json.field("version", view.version);
    json.field("node", view.node_name);
    json.field("role", view.role);
    json.field("address", view.address);
    json.field("started", rfc3339(view.started));
    json.field("degraded", !warnings.empty());
    json.key("warnings");
    json.begin_list();
    for (const std::string& warning : warnings) json.value(warning);
    json.end_list();
    json.key("members");
    json.begin_object();
    json.field("alive", view.alive);
    json.field("suspect", view.suspect);
    json.end_object();
    if (!view.published.empty()) json.field("published", view.published);
    if (view.traffic) {
        json.key("traffic");
        write_traffic(json, *view.traffic);
    } else {
        json.field("applications", view.applications);
    }
    json.key("withheld");
    write_withheld(json, view.withheld);
    if (view.rollout) {
        json.key("rollout");
        write_rollout(json, *view.rollout);
    }
    if (!view.certificates.empty()) {
        json.key("certificates");
        write_certificates(json, view);
    }
    json.end_object();
    return std::move(json).take();
}

std::string status_text(const StatusView& view) {
    std::string text;
    add_line(text, "node",
             view.node_name + ", " + view.role + " at " +
                 (view.address.empty() ? "no address yet" : view.address));
    add_line(text, "program",
             "scrimplb " + view.version + ", up " + age_text(view.now, view.started));
    add_line(
        text, "members",
        std::to_string(view.alive) + " alive" +
            (view.suspect == 0 ? "" : ", " + std::to_string(view.suspect) + " of them suspected"));
    add_traffic(text, view);
    if (view.rollout) add_line(text, "rollout", rollout_line(*view.rollout));
    add_certificates(text, view);
    if (view.rollout && !view.rollout->waits_for.empty())
        add_line(text, "", view.rollout->waits_for);
    if (!view.published.empty()) add_line(text, "seeds", view.published);
    const std::vector<std::string> warnings = warnings_of(view);
    add_line(text, "state", warnings.empty() ? "well" : "degraded");
    for (const std::string& warning : warnings) add_line(text, "", warning);
    return text;
}

}  // namespace scrimp::admin
