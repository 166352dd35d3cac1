// How many generations of nginx's workers a reload has replaced and still live, from Linux's /proc:
// nginx writes "worker process is shutting down" into the title of a worker that only finishes what
// it had begun. Anybody may read titles, unless /proc hides the processes of others: then there are
// none to count.
//
// Workers of one generation start within milliseconds of each other, and no two reloads are closer
// than a settling (proxy/pace.h): so a gap between start times is the border of a generation.
#pragma once

#include "proxy/rollout_view.h"

namespace scrimp::app {

/// Of the nginx that listens on `port`; of all on this host where that cannot be told, because we
/// may not look at sockets of others or none listens there.
[[nodiscard]] proxy::OldWorkers count_old_nginx_workers(std::uint16_t port);

}  // namespace scrimp::app
