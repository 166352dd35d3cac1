// What a member says about itself, between its wire form and its Profile; and what is refused at
// the door. Source: docs/protocol.md sections 6, 11 and 16.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "swim/types.h"
#include "wire/stream.h"

namespace scrimp::swim {

/// Incarnations are raised by one for each refutation, so honest ones are small. A forged one near
/// 2^32 could not be answered any more: what claims more than this is ignored, and an accusation
/// that cannot be outbid below it as well.
inline constexpr std::uint32_t incarnation_max = 0xffff'0000;

/// Fails, saying why, if no member can be so: name empty or over its limit, address not 4 or 16
/// bytes or unspecified, port 0, metadata over its limit, versions that are not six or contradict
/// themselves, an incarnation over the limit. Absent versions are zeros.
[[nodiscard]] Result<Profile> profile_of(const wire::Alive& alive);

/// As it is gossiped, the address in the form it was announced in.
[[nodiscard]] wire::Alive alive_of(const Member& member);
/// As it stands in a push/pull.
[[nodiscard]] wire::NodeState state_of(const Member& member);
[[nodiscard]] wire::Alive alive_of(wire::NodeState state);

/// 4 or 16 bytes, as announced.
[[nodiscard]] Bytes address_of(const Profile& profile);

}  // namespace scrimp::swim
