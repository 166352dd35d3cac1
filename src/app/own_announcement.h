// What this node tells of itself: its role and, on a backend, its applications, in metadata and, if
// they do not fit there, in a list for the exchange.
#pragma once

#include <string>

#include "app/config.h"
#include "base/bytes.h"

namespace scrimp::app {

struct OwnAnnouncement {
    Bytes metadata;
    std::string list_text;  ///< Empty: the metadata says it all.
};

/// Fails if the list is beyond what balancers take; the error names the file.
[[nodiscard]] Result<OwnAnnouncement> make_announcement(const Config& config);

}  // namespace scrimp::app
