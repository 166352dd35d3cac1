// Tells systemd how we are: sd_notify(3) is one datagram, so no library.
#pragma once

#include <string_view>

#include "base/time.h"

namespace scrimp::app {

/// Whether somebody listens.
[[nodiscard]] bool is_supervised();

/// Sends `state` ("READY=1", …) to the socket that NOTIFY_SOCKET names. Without one, or if it
/// fails, nothing happens: nobody waits for it then.
void notify_supervisor(std::string_view state);

/// That we read the configuration again, since `now`. READY=1 is to follow.
void notify_reloading(Instant now);

}  // namespace scrimp::app
