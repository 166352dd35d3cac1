#include "service/registry.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "service/registry_state.h"

namespace scrimp::service {

Registry::Registry(std::vector<std::uint16_t> reserved_ports, Support support,
                   RotationConfig rotation)
    : state_(std::make_unique<State>()) {
    state_->reserved_ports = std::move(reserved_ports);
    state_->support = std::move(support);
    state_->observations.set_config(rotation);
}

Registry::~Registry() = default;

void Registry::restore(Instant now, const std::vector<Remembered>& backends) {
    State& state = *state_;
    state.observe(now);
    const ListTexts texts = lists_of(backends);
    for (const Remembered& remembered : backends) {
        Announcer backend =
            read_announcer(remembered.member_name, remembered.endpoint, remembered.metadata, false);
        backend.since = now;
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
    if (!state.begun_at) state.begun_at = now;
    if (state.waits) {
        state.waits = false;
        state.grace_ends = now + confirmation_grace;
    }
    const bool gone = event.change == swim::Change::Left || event.change == swim::Change::Failed;
    const bool changed = gone ? state.drop(profile.name, event.change) : state.fold(profile);
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
    Announcer& backend = found->second;
    if (!backend.told.rest || backend.told.rest->digest != digest || backend.complete) {
        return std::nullopt;
    }
    state.schedule_rebuild(now);
    const ListPointer before = backend.list;
    if (!state.take_list(backend, text, source)) return std::nullopt;
    state.note_changes(member_name, before ? before->announcement : backend.told,
                       backend.in_force());
    return backend.in_force().applications.size();
}

void Registry::set_support(Instant now, Support support) {
    state_->observe(now);
    if (support == state_->support) return;
    state_->support = std::move(support);
    state_->schedule_rebuild(now);
}

void Registry::set_admission(Instant now, AdmissionConfig admission) {
    state_->observe(now);
    if (admission == state_->admission.config()) return;
    state_->admission = Admission(std::move(admission));
    state_->schedule_rebuild(now);
}

void Registry::handle_clock(Instant now, std::int64_t unix_seconds) {
    state_->observe(now);
    state_->unix_seconds = unix_seconds;
}

void Registry::set_rotation(Instant now, const RotationConfig& rotation) {
    state_->observe(now);
    if (rotation == state_->observations.config()) return;
    state_->observations.set_config(rotation);
    state_->schedule_rebuild(now);
}

void Registry::handle_unavailable(Instant now, const std::string& member_name,
                                  const Endpoint& endpoint, std::string_view reason,
                                  std::string_view stays) {
    State& state = *state_;
    state.observe(now);
    if (!state.backends.contains(member_name)) return;
    const bool is_failure = is_announced_healthy(member_name, endpoint);
    if (state.observations.note_unavailable(now, member_name, endpoint, reason, stays,
                                            is_failure)) {
        state.schedule_rebuild(now);
    }
}

void Registry::handle_available(Instant now, const std::string& member_name,
                                const Endpoint& endpoint) {
    state_->observe(now);
    if (state_->observations.note_available(now, member_name, endpoint)) {
        state_->schedule_rebuild(now);
    }
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
    if (now < std::min(state.rebuild_at, state.shifts_at)) return;
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
    return std::min({state_->grace_ends, state_->rebuild_at, state_->shifts_at});
}

}  // namespace scrimp::service
