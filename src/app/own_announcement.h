// What this node tells of itself: its role and, on a backend, its applications and how they are, in
// metadata and, if they do not fit there, in a list for the exchange.
#pragma once

#include <string>

#include "app/config.h"
#include "base/bytes.h"
#include "service/conditions.h"

namespace scrimp::app {

struct OwnAnnouncement {
    Bytes metadata;
    std::string list_text;  ///< Empty: the metadata says it all.
    friend bool operator==(const OwnAnnouncement&, const OwnAnnouncement&) = default;
};

/// `conditions`: of applications that are not healthy. Fails if the list is beyond what balancers
/// take; the error names the file.
[[nodiscard]] Result<OwnAnnouncement> make_announcement(const Config& config,
                                                        const service::Conditions& conditions);

}  // namespace scrimp::app
