// The members we know, kept in the state directory across restarts (service/memory.h has the text).
//
// Written whole and atomically, at most once in a while: losing the last second before a crash only
// means to learn it again from the cluster.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "runtime/deadline_timer.h"
#include "service/registry.h"

namespace scrimp::app {

/// "DIRECTORY/NODE.WHAT"; what could be a path or an accident in the node's name becomes '_'.
[[nodiscard]] std::string state_file_path(const std::string& directory,
                                          const std::string& node_name, std::string_view what);

/// A join of many members is one or two writes.
inline constexpr Duration memory_write_pause = std::chrono::seconds{1};

class MemoryFile {
  public:
    using Members = std::function<std::vector<service::Remembered>()>;

    /// `directory` empty: nothing is remembered, and every call does nothing. `members` is asked
    /// when it is time to write. The loop must not run on after the file is destroyed.
    MemoryFile(boost::asio::io_context& loop, std::string directory, const std::string& node_name,
               Members members);

    /// What the life before this one left; nothing if it left nothing readable, which is logged.
    /// Creates the directory if only its last part is missing.
    [[nodiscard]] std::optional<std::vector<service::Remembered>> load();
    /// The members have changed.
    void touch();
    /// Writes now what is still to be written, and nothing afterwards.
    void close();

  private:
    void create_directory();
    void write();

    std::string directory_;
    std::string path_;
    Members members_;
    runtime::DeadlineTimer timer_;
    /// Of the text that stands in the file, which may be megabytes. Two of one hash would cost one
    /// write.
    std::optional<std::size_t> written_;
    bool dirty_ = false;
    bool failing_ = false;
};

}  // namespace scrimp::app
