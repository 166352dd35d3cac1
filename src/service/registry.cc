#include "service/registry.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "base/assert.h"
#include "base/printable.h"
#include "service/claims.h"

namespace scrimp::service {
namespace {

/// A byte escapes to at most four characters, so nothing is ever cut: names stay one to one.
std::string shown(const std::string& member_name) {
    return printable(member_name, 4 * member_name.size());
}

/// A list as it was read; shared by all who announce it.
struct ReadList {
    Announcement announcement;
    std::string fault;      ///< Why nothing could be made of it; empty if something could.
    std::size_t bytes = 0;  ///< Of its text.
};
using ListPointer = std::shared_ptr<const ReadList>;

/// What was read of a text, for as long as somebody, an Exchange say, holds the text: to announce
/// it again costs no second reading.
struct Reading {
    std::weak_ptr<const std::string> text;
    ListPointer list;
};

struct Backend {
    std::string shown_name;
    Endpoint endpoint;
    Bytes metadata;
    Announcement told;       ///< What the metadata says.
    std::string fault;       ///< Why the metadata as a whole says nothing; empty if it does.
    bool confirmed = false;  ///< The cluster spoke of it in this life of ours.

    /// The last list known whole, while metadata does not hold the one announced: that one if
    /// `complete`, else what the member announced before. Null: none yet.
    ListPointer list;
    std::string list_source;
    Instant list_until{};    ///< While `list` is not what the cluster says: since when.
    std::string list_fault;  ///< Why the announced list, which is known, cannot be used.
    bool complete = true;    ///< Nothing more is to be had: `told` is all, or its list is known.

    [[nodiscard]] const Announcement& in_force() const { return list ? list->announcement : told; }
    /// Whether a list is in force that the cluster does not say is announced now.
    [[nodiscard]] bool lives_on_the_past() const { return list && !(complete && confirmed); }
    [[nodiscard]] std::string source() const {
        if (list) return list_source;
        return std::string(confirmed ? source_metadata : source_memory);
    }

    /// Whether a table or its refusals would be the same without it.
    [[nodiscard]] bool says_nothing() const {
        return fault.empty() && in_force().applications.empty() && told.rejections.empty() &&
               in_force().rejections.empty() && list_fault.empty();
    }
};

Backend read_backend(const std::string& name, const Endpoint& endpoint, ByteView metadata,
                     bool confirmed) {
    Backend backend;
    backend.shown_name = shown(name);
    backend.endpoint = endpoint;
    backend.metadata = to_bytes(metadata);
    backend.confirmed = confirmed;
    // A member without metadata is of another trade and announces nothing: no fault of its own.
    if (metadata.empty()) return backend;
    if (Result<Announcement> announcement = decode_metadata(metadata)) {
        backend.told = *std::move(announcement);
        backend.complete = !backend.told.rest;
        if (backend.told.role == Role::Unknown) {
            backend.fault = "metadata: its type is neither backend nor load-balancer";
        }
    } else {
        backend.fault = "metadata: " + announcement.error().message;
    }
    return backend;
}

/// What is wrong with the metadata, given the list that it announces; empty if nothing is.
std::string count_fault(const ListSummary& announced, const Announcement& list) {
    const std::size_t count = list.applications.size();
    if (!list.rejections.empty() || count == announced.count) return {};
    return "count: its metadata says " + std::to_string(announced.count) +
           " applications, the list has " + std::to_string(count);
}

/// The newcomer's metadata tells only a part of its list: what it served before stays in force.
void inherit(Instant now, Backend& backend, Backend& before) {
    const bool same_list =
        before.told.rest && before.told.rest->digest == backend.told.rest->digest;
    if (same_list) backend.list_fault = before.list_fault;
    if (before.list) {
        backend.list = std::move(before.list);
        backend.list_source = std::move(before.list_source);
        backend.list_until = before.lives_on_the_past() ? before.list_until : now;
        backend.complete = same_list && before.complete;
        if (backend.complete) {
            backend.list_fault = count_fault(*backend.told.rest, backend.list->announcement);
        }
    } else if (before.complete && !before.told.applications.empty()) {
        const std::size_t bytes = render_list(before.told.applications).size();
        backend.list_source = before.source();
        backend.list_until = now;
        backend.list =
            std::make_shared<const ReadList>(ReadList{std::move(before.told), {}, bytes});
    }
}

}  // namespace

struct Registry::State {
    std::vector<std::uint16_t> reserved_ports;
    Support support;
    std::map<ListDigest, Reading> readings;
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
        Backend backend = read_backend(profile.name, profile.endpoint, profile.metadata, true);
        const bool said_nothing = known == backends.end() || known->second.says_nothing();
        if (known != backends.end() && backend.told.rest) inherit(latest, backend, known->second);
        const bool nothing = said_nothing && backend.says_nothing();
        backends.insert_or_assign(profile.name, std::move(backend));
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
    bool take_list(Backend& backend, const ListText& text, const std::string& source) {
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

    /// The oldest of the lists that are in force and not announced give way to what metadata shows
    /// if they are too large together.
    void bound_past_lists() {
        std::vector<Backend*> past;
        for (auto& [name, backend] : backends) {
            if (backend.lives_on_the_past()) past.push_back(&backend);
        }
        std::ranges::stable_sort(past, std::greater{}, &Backend::list_until);
        std::set<const ReadList*> kept;
        std::size_t bytes = 0;
        for (Backend* const backend : past) {
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

    void schedule_rebuild(Instant now) {
        if (rebuild_at != never) return;
        rebuild_at = rebuilt_at ? std::max(now, *rebuilt_at + rebuild_pause) : now;
    }

    void collect(const Backend& backend, Claims& claims, RefusalSheet& sheet) const {
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
        for (const Application& application : backend.in_force().applications) {
            if (std::ranges::count(reserved_ports, application.listen_port) > 0) {
                sheet.add(member, application.name.text(),
                          "listen-port: the balancer itself listens on " +
                              std::to_string(application.listen_port));
            } else if (const auto reason = unsupported(support, application)) {
                sheet.add(member, application.name.text(), *reason);
            } else {
                claims.add(application, member, backend.endpoint);
            }
        }
    }

    void rebuild() {
        std::erase_if(readings, [](const auto& entry) { return entry.second.text.expired(); });
        bound_past_lists();
        RefusalSheet sheet;
        Claims claims;
        for (const auto& [name, backend] : backends) collect(backend, claims, sheet);
        std::vector<Route> routes = claims.settle(table.routes, sheet);
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

Registry::Registry(std::vector<std::uint16_t> reserved_ports, Support support)
    : state_(std::make_unique<State>()) {
    state_->reserved_ports = std::move(reserved_ports);
    state_->support = std::move(support);
}

Registry::~Registry() = default;

void Registry::restore(Instant now, const std::vector<Remembered>& backends) {
    State& state = *state_;
    state.observe(now);
    const ListTexts texts = lists_of(backends);
    for (const Remembered& remembered : backends) {
        Backend backend =
            read_backend(remembered.member_name, remembered.endpoint, remembered.metadata, false);
        if (backend.told.role != Role::Backend) continue;
        if (backend.told.rest) {
            const auto text = texts.find(backend.told.rest->digest);
            if (text != texts.end()) {
                (void)state.take_list(backend, text->second, std::string(source_memory));
            }
        }
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
    if (changed) state.schedule_rebuild(now);
}

std::optional<std::size_t> Registry::handle_list(Instant now, const std::string& member_name,
                                                 const ListDigest& digest, const ListText& text,
                                                 const std::string& source) {
    State& state = *state_;
    state.observe(now);
    const auto found = state.backends.find(member_name);
    if (found == state.backends.end()) return std::nullopt;
    Backend& backend = found->second;
    if (!backend.told.rest || backend.told.rest->digest != digest || backend.complete) {
        return std::nullopt;
    }
    state.schedule_rebuild(now);
    if (!state.take_list(backend, text, source)) return std::nullopt;
    return backend.in_force().applications.size();
}

void Registry::set_support(Instant now, Support support) {
    state_->observe(now);
    if (support == state_->support) return;
    state_->support = std::move(support);
    state_->schedule_rebuild(now);
}

void Registry::handle_blackout(Instant now) {
    State& state = *state_;
    state.observe(now);
    for (auto& [name, backend] : state.backends) {
        if (!backend.lives_on_the_past()) backend.list_until = now;
        backend.confirmed = false;
    }
    state.waits = !state.backends.empty();
    state.grace_ends = never;
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

}  // namespace scrimp::service
