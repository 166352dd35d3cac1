// What a Registry knows, and how a table comes of it. For registry*.cc only.
#pragma once

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "service/announcer.h"
#include "service/claims.h"
#include "service/registry.h"

namespace scrimp::service {

/// What was read of a text, for as long as somebody, an Exchange say, holds the text: to announce
/// it again costs no second reading.
struct Reading {
    std::weak_ptr<const std::string> text;
    ListPointer list;
};

struct Registry::State {
    std::vector<std::uint16_t> reserved_ports;
    Support support;
    Admission admission{AdmissionConfig{}};
    std::int64_t unix_seconds = 0;  ///< By the wall clock, when it was last told.
    Observations observations{RotationConfig{}};
    std::map<ListDigest, Reading> readings;
    std::map<std::string, Announcer> backends;  ///< By the member's name as it came.
    RoutingTable table;
    std::vector<Refusal> refusals;  ///< Sorted.
    std::deque<Refusal> unreported;
    bool table_changed = false;
    bool waits = false;  ///< For the first word of the cluster about what was remembered.
    Instant grace_ends = never;
    Instant rebuild_at = never;
    Instant shifts_at = never;  ///< A slow start or a damping takes its next step, a permit ends.
    std::optional<Instant> rebuilt_at;
    std::optional<Instant> begun_at;  ///< The cluster first spoke.
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
        Announcer backend = read_announcer(profile.name, profile.endpoint, profile.metadata, true);
        backend.since = latest;
        bool said_nothing = true;
        if (known == backends.end()) {
            if (latest - *begun_at >= own_start) observations.note_newcomer(latest, profile.name);
        } else {
            Announcer& before = known->second;
            said_nothing = before.says_nothing();
            backend.since = before.since;
            if (before.endpoint.ip != backend.endpoint.ip) observations.drop_findings(profile.name);
            const ListPointer list = before.list;
            if (backend.told.rest) backend.inherit(latest, before);
            // What was only inherited has not changed.
            if (list || !backend.list) {
                note_changes(profile.name, list ? list->announcement : before.told,
                             backend.in_force());
            }
        }
        const bool nothing = said_nothing && backend.says_nothing();
        backends.insert_or_assign(profile.name, std::move(backend));
        return !nothing;
    }

    void note_changes(const std::string& name, const Announcement& before,
                      const Announcement& after) {
        const auto note = [&](const Name& application, Availability earlier) {
            const Availability later = condition_of(after.conditions, application).state;
            if (earlier == later) return;
            observations.note_change(latest, name, application.text(), earlier, later);
        };
        for (const auto& [application, condition] : before.conditions) {
            note(application, condition.state);
        }
        for (const auto& [application, condition] : after.conditions) {
            if (condition_of(before.conditions, application).state == Availability::Healthy) {
                note(application, Availability::Healthy);
            }
        }
        if (observations.config().slow_start == Duration::zero()) return;
        for (const Application& application : after.applications) {
            const bool is_new = !std::ranges::binary_search(before.applications, application.name,
                                                            {}, &Application::name);
            if (is_new) note(application.name, Availability::Initial);
        }
    }

    /// The same of a member that is gone.
    bool drop(const std::string& name, swim::Change change) {
        const auto known = backends.find(name);
        if (known == backends.end()) return false;
        const Announcer& backend = known->second;
        const bool nothing = backend.says_nothing();
        const Announcement& announcement = backend.in_force();
        const bool was_well = announcement.conditions.size() < announcement.applications.size();
        if (change == swim::Change::Failed && was_well) observations.note_failed(latest, name);
        observations.note_gone(name);
        backends.erase(known);
        return !nothing;
    }

    /// The list of that digest, read once for all who announce it.
    ListPointer read_list(const ListDigest& digest, const ListText& text) {
        Reading& known = readings[digest];
        if (known.list && !known.text.expired()) return known.list;
        ReadList read{.announcement = {}, .fault = {}, .bytes = text->size()};
        if (Result<Announcement> announcement = parse_list(*text)) {
            read.announcement = *std::move(announcement);
        } else {
            read.fault = "its list of applications " + announcement.error().message;
        }
        known = {text, std::make_shared<const ReadList>(std::move(read))};
        return known.list;
    }

    /// Returns whether the list is in force now.
    bool take_list(Announcer& backend, const ListText& text, const std::string& source) {
        ListPointer list = read_list(backend.told.rest->digest, text);
        // What was in force stays, since nothing better will come until it announces another.
        backend.list_fault = list->fault;
        if (!list->fault.empty()) return false;
        backend.list_fault = count_fault(*backend.told.rest, list->announcement);
        backend.list = std::move(list);
        backend.list_source = source;
        backend.list_until = latest;
        backend.complete = true;
        return true;
    }

    void schedule_rebuild(Instant now) {
        if (rebuild_at != never) return;
        rebuild_at = rebuilt_at ? std::max(now, *rebuilt_at + rebuild_pause) : now;
    }

    /// A table is made again when a permit ends; and once a minute, before and after, since the
    /// wall clock by which it does may jump.
    void await_end(const Gate& gate) {
        if (!gate.expires()) return;
        const std::int64_t left = *gate.expires() - unix_seconds;
        const std::int64_t wait = left > 0 ? std::min(left, std::int64_t{60}) : 60;
        shifts_at = std::min(shifts_at, latest + std::chrono::seconds{wait});
    }

    /// `changed` keeps the applications that the operator's overrides made, for the claims.
    void collect(const std::string& name, const Announcer& backend, Claims& claims,
                 RefusalSheet& sheet, std::deque<Application>& changed) {
        const std::string& member = backend.shown_name;
        for (const std::string* fault : {&backend.fault, &backend.list_fault}) {
            if (!fault->empty()) sheet.add(member, "", *fault);
        }
        const auto add_rejections = [&](const Announcement& announcement) {
            for (const Rejection& rejection : announcement.rejections) {
                sheet.add(member, rejection.application, rejection.reason);
            }
        };
        add_rejections(backend.told);
        if (backend.list) add_rejections(backend.list->announcement);
        const Announcement& announcement = backend.in_force();
        const Gate gate =
            admission.gate_for(name, backend.endpoint, backend.told.permit, unix_seconds);
        await_end(gate);
        // Who announces nothing is refused nothing: a balancer say, or a member of another trade.
        if (gate.closed() && !announcement.applications.empty()) {
            return sheet.add(member, "", *gate.closed());
        }
        Endpoint endpoint = backend.endpoint;
        for (const Application& announced_one : announcement.applications) {
            auto over = overridden(support, announced_one);
            const Application& application =
                over ? changed.emplace_back(*std::move(over)) : announced_one;
            if (std::ranges::count(reserved_ports, application.listen_port) > 0) {
                sheet.add(member, application.name.text(),
                          "listen-port: the balancer itself listens on " +
                              std::to_string(application.listen_port));
            } else if (const auto reason = unsupported(support, application)) {
                sheet.add(member, application.name.text(), *reason);
            } else if (const auto refused = gate.refusal(application)) {
                sheet.add(member, application.name.text(), *refused);
            } else {
                endpoint.port = application.application_port;
                const Sighted seen =
                    observations.look(latest, name, application.name.text(), endpoint);
                const Condition& announced =
                    condition_of(announcement.conditions, application.name);
                claims.add(application, member, backend.endpoint,
                           fitness_of(latest, announced, seen));
            }
        }
    }

    void rebuild() {
        std::erase_if(readings, [](const auto& entry) { return entry.second.text.expired(); });
        bound_past_lists(backends);
        observations.prune(latest, [&](const std::string& name) {
            const auto known = backends.find(name);
            return known == backends.end() ? nullptr : &known->second.in_force();
        });
        shifts_at = observations.next_change(latest);
        RefusalSheet sheet;
        std::deque<Application> changed;
        Claims claims;
        for (const auto& [name, backend] : backends) {
            collect(name, backend, claims, sheet, changed);
        }
        std::vector<Route> routes =
            claims.settle(table.routes, observations.config().on_all_unhealthy, sheet);
        report(sheet.take());
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

}  // namespace scrimp::service
