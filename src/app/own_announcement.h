// What this node tells of itself: its role and, on a backend, its applications, in metadata and, if
// they do not fit there, in a list for the exchange.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "base/bytes.h"
#include "service/registry.h"

namespace scrimp::app {

struct OwnAnnouncement {
    Bytes metadata;
    std::string list_text;  ///< Empty: the metadata says it all.
    /// Names of the applications that only the list has, sorted: balancers of the original, which
    /// know no exchange, do not see them.
    std::vector<std::string> unseen;
};

/// Fails if the list is beyond what balancers take; the error names the file.
[[nodiscard]] Result<OwnAnnouncement> make_announcement(const Config& config);

/// One line for the log that names the first of `unseen`, which must not be empty.
[[nodiscard]] std::string unseen_line(const OwnAnnouncement& own);

}  // namespace scrimp::app
