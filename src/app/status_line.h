// Our state in one line, for `systemctl status` (STATUS= of sd_notify(3)): told when it may have
// changed, and every ten seconds because it has ages in it. Without a supervisor nothing runs.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "runtime/deadline_timer.h"

namespace scrimp::app {

/// What it says. `members`: alive, ourselves included; nothing: in no cluster yet. `published`: as
/// Publisher::status, or empty.
[[nodiscard]] std::string status_text(std::optional<std::size_t> members, std::size_t applications,
                                      const std::string& published);

class StatusLine {
  public:
    /// A burst of changes is one line; systemd rate-limits what it logs of us.
    static constexpr Duration pause = std::chrono::seconds{1};
    static constexpr Duration told_every = std::chrono::seconds{10};

    /// `text` is asked on the loop when it is time to tell.
    StatusLine(boost::asio::io_context& loop, std::function<std::string()> text);

    /// It may have changed.
    void touch();
    void stop();

  private:
    void tell();

    std::function<std::string()> text_;
    runtime::DeadlineTimer timer_;
    std::string told_;
    bool supervised_;
    bool touched_ = false;
};

}  // namespace scrimp::app
