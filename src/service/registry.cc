#include "service/registry.h"

#include <algorithm>
#include <deque>
#include <map>
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

/// Shared by all whose lists are equal.
using ListPointer = std::shared_ptr<const Announcement>;

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
    std::string list_fault;  ///< Why the announced list, which is known, cannot be used.
    bool complete = true;    ///< Nothing more is to be had: `told` is all, or its list is known.

    [[nodiscard]] const Announcement& in_force() const { return list ? *list : told; }
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

/// The newcomer's metadata tells only a part of its list: what it served before stays in force.
void inherit(Backend& backend, Backend& before) {
    if (before.list) {
        backend.list = std::move(before.list);
        backend.list_source = std::move(before.list_source);
        const bool is_same =
            before.complete && before.told.rest->digest == backend.told.rest->digest;
        backend.list_fault = is_same ? before.list_fault : "";
        backend.complete = is_same;
    } else if (before.complete && !before.told.applications.empty()) {
        backend.list_source = before.source();
        backend.list = std::make_shared<const Announcement>(std::move(before.told));
    }
}

}  // namespace

struct Registry::State {
    std::vector<std::uint16_t> reserved_ports;
    Support support;
    std::map<ListDigest, std::weak_ptr<const Announcement>> lists;  ///< Of the backends.
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
        if (known != backends.end() && backend.told.rest) inherit(backend, known->second);
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
    Result<ListPointer> read_list(const ListDigest& digest, std::string_view text) {
        std::erase_if(lists, [](const auto& entry) { return entry.second.expired(); });
        std::weak_ptr<const Announcement>& known = lists[digest];
        if (ListPointer list = known.lock()) return list;
        Result<Announcement> read = parse_list(text);
        if (!read) return tl::unexpected(read.error());
        auto list = std::make_shared<const Announcement>(*std::move(read));
        known = list;
        return list;
    }

    void take_list(Backend& backend, std::string_view text, const std::string& source) {
        Result<ListPointer> list = read_list(backend.told.rest->digest, text);
        // What was in force stays, since nothing better will come until it announces another.
        if (!list) {
            backend.list_fault = "its list of applications " + list.error().message;
            return;
        }
        backend.list = *std::move(list);
        backend.list_source = source;
        backend.complete = true;
        const std::size_t count = backend.list->applications.size();
        const std::size_t announced = backend.told.rest->count;
        const bool differs = backend.list->rejections.empty() && count != announced;
        backend.list_fault = differs ? "count: its metadata says " + std::to_string(announced) +
                                           " applications, the list has " + std::to_string(count)
                                     : "";
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
        const Announcement& in_force = backend.in_force();
        for (const Announcement* each : {&backend.told, &in_force}) {
            for (const Rejection& rejection : each->rejections) {
                sheet.add(member, rejection.application, rejection.reason);
            }
        }
        for (const Application& application : in_force.applications) {
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
                state.take_list(backend, *text->second, std::string(source_memory));
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

void Registry::handle_list(Instant now, const std::string& member_name, const ListDigest& digest,
                           std::string_view list_text, const std::string& source) {
    State& state = *state_;
    state.observe(now);
    const auto found = state.backends.find(member_name);
    if (found == state.backends.end()) return;
    Backend& backend = found->second;
    if (!backend.told.rest || backend.told.rest->digest != digest || backend.complete) return;
    state.take_list(backend, list_text, source);
    state.schedule_rebuild(now);
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
    for (auto& [name, backend] : state.backends) backend.confirmed = false;
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
                         .endpoint = backend.endpoint,
                         .role = backend.told.role,
                         .applications = backend.in_force().applications,
                         .source = backend.source(),
                         .complete = backend.complete});
    }
    return views;
}

}  // namespace scrimp::service
