// Tells that something in a directory has changed, by inotify(7).
//
// Every directory on the way to it is watched for the next name on that way, symbolic links
// included, and the way is walked anew when one of these names changes. So the directory may be
// removed, replaced by rename, swapped behind a symbolic link or made later. What happened is not
// told, only that something did: the listener looks for himself, which also makes a queue that
// overflowed harmless. A burst of events is one call.
//
// Writers tell that they are done by closing or renaming; a file that is held open and written to
// is not told. Neither is what a name that is a symbolic link leads to when it is edited in place
// elsewhere, nor a change that another host makes in a network file system.
//
// Cost: one descriptor and some ten watches; nothing while nothing happens.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/result.h"
#include "runtime/deadline_timer.h"

namespace scrimp::runtime {

struct WatchTimes {
    /// How long it must be quiet before a change is told: several files are often written together.
    Duration quiet = std::chrono::milliseconds{200};
    /// In a directory that is never quiet a change is told after this.
    Duration longest = std::chrono::seconds{2};
};

class DirectoryWatch {
  public:
    /// Directories on one way, links resolved: the kernel follows forty links at most, and no
    /// honest path is as deep as the rest.
    static constexpr std::size_t steps_max = 128;

    /// `changed` is called on the loop. The loop must not run on after the watch is destroyed.
    DirectoryWatch(boost::asio::io_context& loop, std::function<void()> changed,
                   WatchTimes times = {});

    /// From now on this directory, which need not be there, and no other; empty: none. Changes
    /// that come after the call are told. Fails if the kernel gives no watch; nothing is watched
    /// then.
    [[nodiscard]] Result<void> watch(const std::string& path);
    /// The same, and what is directly in `others`, those of them that are there: for them only the
    /// directory itself is watched and not the way to it.
    [[nodiscard]] Result<void> watch(const std::string& path, std::vector<std::string> others);

  private:
    /// What of a watched directory matters: some names, or all.
    struct Interest {
        bool everything = false;
        std::set<std::string> names;
    };

    Result<void> walk();
    Result<void> walk_to_path();
    Result<void> add(const std::string& directory, const std::string& name);
    void forget();
    void receive();
    void handle_events(std::size_t size);
    void note_change();

    boost::asio::posix::stream_descriptor queue_;
    DeadlineTimer settled_;
    std::function<void()> changed_;
    WatchTimes times_;
    std::string path_;
    std::vector<std::string> others_;
    std::map<int, Interest> interests_;  ///< By watch descriptor; the kernel uses none twice.
    Instant first_change_ = never;
    alignas(8) std::array<char, 4096> events_;  ///< Fifteen events of the longest names.
};

}  // namespace scrimp::runtime
