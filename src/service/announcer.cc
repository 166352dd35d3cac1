#include "service/announcer.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "base/printable.h"

namespace scrimp::service {

bool Announcer::says_nothing() const {
    return fault.empty() && in_force().applications.empty() && told.rejections.empty() &&
           in_force().rejections.empty() && list_fault.empty();
}

std::vector<Endpoint> Announcer::endpoints() const {
    std::vector<Endpoint> places;
    for (const Application& application : in_force().applications) {
        places.push_back(endpoint);
        places.back().port = application.application_port;
    }
    std::ranges::sort(places);
    const auto [first, last] = std::ranges::unique(places);
    places.erase(first, last);
    return places;
}

Announcer read_announcer(const std::string& name, const Endpoint& endpoint, ByteView metadata,
                         bool confirmed) {
    Announcer announcer;
    // A byte escapes to at most four characters, so nothing is ever cut: names stay one to one.
    announcer.shown_name = printable(name, 4 * name.size());
    announcer.endpoint = endpoint;
    announcer.metadata = to_bytes(metadata);
    announcer.confirmed = confirmed;
    // A member without metadata is of another trade and announces nothing: no fault of its own.
    if (metadata.empty()) return announcer;
    if (Result<Announcement> announcement = decode_metadata(metadata)) {
        announcer.told = *std::move(announcement);
        announcer.complete = !announcer.told.rest;
        if (announcer.told.role == Role::Unknown) {
            announcer.fault = "metadata: its type is neither backend nor load-balancer";
        }
    } else {
        announcer.fault = "metadata: " + announcement.error().message;
    }
    return announcer;
}

std::string count_fault(const ListSummary& announced, const Announcement& list) {
    const std::size_t count = list.applications.size();
    if (!list.rejections.empty() || count == announced.count) return {};
    return "count: its metadata says " + std::to_string(announced.count) +
           " applications, the list has " + std::to_string(count);
}

void Announcer::inherit(Instant now, Announcer& before) {
    const bool same_list = before.told.rest && before.told.rest->digest == told.rest->digest;
    if (same_list) list_fault = before.list_fault;
    if (before.list) {
        list = std::move(before.list);
        list_source = std::move(before.list_source);
        list_until = before.lives_on_the_past() ? before.list_until : now;
        complete = same_list && before.complete;
        if (complete) list_fault = count_fault(*told.rest, list->announcement);
    } else if (before.complete && !before.told.applications.empty()) {
        const std::size_t bytes =
            render_list(before.told.applications, before.told.conditions).size();
        list_source = before.source();
        list_until = now;
        list = std::make_shared<const ReadList>(ReadList{std::move(before.told), {}, bytes});
    }
}

void bound_past_lists(std::map<std::string, Announcer>& announcers) {
    std::vector<Announcer*> past;
    for (auto& [name, backend] : announcers) {
        if (backend.lives_on_the_past()) past.push_back(&backend);
    }
    std::ranges::stable_sort(past, std::greater{}, &Announcer::list_until);
    std::set<const ReadList*> kept;
    std::size_t bytes = 0;
    for (Announcer* const backend : past) {
        if (kept.contains(backend->list.get())) continue;
        bytes += backend->list->bytes;
        if (bytes <= past_lists_bytes_max) {
            kept.insert(backend->list.get());
        } else {
            backend->list.reset();
            backend->complete = !backend->told.rest;
        }
    }
}

}  // namespace scrimp::service
