// What gossip finds out about others, in sentences for the log: what happens, and the remedy. Names
// come from outside and are made printable here; keys appear as fingerprints only.
#pragma once

#include <string>

#include "swim/types.h"

namespace scrimp::app {

[[nodiscard]] std::string shown(const std::string& name);
/// "b7 at 10.0.0.7:9999".
[[nodiscard]] std::string member_text(const swim::Profile& profile);

/// `own_name`: ours, which the conflict may be about.
[[nodiscard]] std::string conflict_text(const swim::NameConflict& conflict,
                                        const std::string& own_name);
[[nodiscard]] std::string blocked_text(const swim::PacketsBlocked& blocked);
/// `ours`: the envelope that it did not fit.
[[nodiscard]] std::string unreadable_text(const swim::PeerUnreadable& unreadable,
                                          const wire::Envelope& ours);

}  // namespace scrimp::app
