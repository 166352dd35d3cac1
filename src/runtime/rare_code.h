// Gives back the memory of code that runs rarely: that of the start (command line, configuration,
// the first look at the cluster), and that of a new table and its rollout.
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

/// After it ran for the last time: joins, the first checks and a rollout with its confirmation take
/// less, and what comes in a row is paid for once.
inline constexpr Duration rare_code_kept = std::chrono::seconds{10};

/// Lets go rare_code_kept from now, and as long after each touch(). The loop must not run on after
/// it is destroyed.
class RareCode {
  public:
    explicit RareCode(boost::asio::io_context& loop);

    /// Something rare runs now.
    void touch();

  private:
    DeadlineTimer timer_;
};

}  // namespace scrimp::runtime
