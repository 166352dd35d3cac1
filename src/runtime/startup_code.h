// Gives back the memory of code that ran for the start alone: command line, configuration, the
// first look at the cluster.
//
// The kernel maps the pages around one that is touched, so in the end nearly all code of a program
// and its libraries is resident, some 2 of 5.5 MB in an idle node, though most of it never runs
// again. Let go of, a page comes back from the page cache when it is used: some hundred page faults
// of a microsecond, spread over what follows. Only code is let go of, which nobody writes and the
// file has; a debugger's breakpoints, set before, are the one thing lost.
#pragma once

#include <boost/asio/io_context.hpp>

#include "base/time.h"
#include "runtime/deadline_timer.h"

namespace scrimp::runtime {

/// From the start until it is over: joins, the first checks and the first rollout take less.
inline constexpr Duration start_longest = std::chrono::seconds{10};

/// Once, start_longest from now. The loop must not run on after it is destroyed.
class StartupCode {
  public:
    explicit StartupCode(boost::asio::io_context& loop);

  private:
    DeadlineTimer timer_;
};

}  // namespace scrimp::runtime
