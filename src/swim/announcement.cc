#include "swim/announcement.h"

#include <algorithm>

namespace scrimp::swim {

namespace {

std::optional<Versions> versions_of(const wire::OptionalBytes& bytes) {
    Versions versions{};
    if (!bytes || bytes->empty()) return versions;
    // Three to five of them, passed on, would make a Go peer read beyond their end and crash.
    if (bytes->size() != versions.size()) return std::nullopt;
    std::transform(bytes->begin(), bytes->end(), versions.begin(),
                   [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
    // aliveNode (state.go): versions start at 1, so these were never announced by a member.
    if (versions[0] == 0 || versions[1] == 0 || versions[0] > versions[1]) return std::nullopt;
    return versions;
}

wire::OptionalBytes wire_form(const Versions& versions) {
    Bytes bytes;
    for (const std::uint8_t version : versions) append_u8(bytes, version);
    return bytes;
}

/// An empty slice is nil in what Go peers send; either form is read.
wire::OptionalBytes wire_form(const Bytes& metadata) {
    if (metadata.empty()) return std::nullopt;
    return metadata;
}

}  // namespace

Result<Profile> profile_of(const wire::Alive& alive) {
    if (alive.node.empty() || alive.node.size() > name_bytes_max) {
        return fail("has a name of " + std::to_string(alive.node.size()) + " bytes, not 1 to " +
                    std::to_string(name_bytes_max));
    }
    if (alive.incarnation > incarnation_max) return fail("has an impossible incarnation");
    if (alive.port == 0 || !alive.address) return fail("has no address");
    const auto endpoint = endpoint_from_bytes(*alive.address, alive.port);
    if (!endpoint || endpoint->is_unspecified()) return fail("has an address nobody is reached at");
    if (alive.meta && alive.meta->size() > metadata_bytes_max) {
        return fail("has metadata of " + std::to_string(alive.meta->size()) +
                    " bytes, more than the " + std::to_string(metadata_bytes_max) + " allowed");
    }
    const auto versions = versions_of(alive.versions);
    if (!versions) return fail("has protocol versions that no member has");

    Profile profile;
    profile.name = alive.node;
    profile.endpoint = *endpoint;
    profile.long_address = endpoint->is_ipv4() && alive.address->size() == 16;
    if (alive.meta) profile.metadata = *alive.meta;
    profile.versions = *versions;
    return profile;
}

Bytes address_of(const Profile& profile) {
    if (!profile.long_address) return profile.endpoint.ip_bytes();
    return to_bytes(std::as_bytes(std::span(profile.endpoint.ip)));
}

wire::Alive alive_of(const Member& member) {
    const Profile& profile = *member.profile;
    return {member.incarnation,          profile.name,
            address_of(profile),         profile.endpoint.port,
            wire_form(profile.metadata), wire_form(profile.versions)};
}

wire::NodeState state_of(const Member& member) {
    const Profile& profile = *member.profile;
    return {profile.name,
            address_of(profile),
            profile.endpoint.port,
            wire_form(profile.metadata),
            member.incarnation,
            static_cast<std::uint8_t>(member.state),
            wire_form(profile.versions)};
}

wire::Alive alive_of(wire::NodeState state) {
    return {state.incarnation, std::move(state.name), std::move(state.address),
            state.port,        std::move(state.meta), std::move(state.versions)};
}

}  // namespace scrimp::swim
