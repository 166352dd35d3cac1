// Members that answer by stream and never by packet: a firewall that lets TCP pass and not UDP.
//
// Such a member stays alive by the fallback of every probe, and hears news a push/pull late; nobody
// would know why. So it is told after a few such probes in a row.
#pragma once

#include <map>
#include <string>

#include "base/time.h"

namespace scrimp::swim {

class Blocked {
  public:
    /// A probe of `name` was answered by the stream alone. Whether this is to be told now.
    [[nodiscard]] bool note_stream_only(const std::string& name, Instant now);
    void note_packet(const std::string& name) { members_.erase(name); }

  private:
    struct Row {
        int answers = 0;
        Instant told_at{};
    };
    std::map<std::string, Row> members_;
    Instant next_report_{};
};

}  // namespace scrimp::swim
