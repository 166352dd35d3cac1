// One run of an external program: an argument list, no shell, bounded in time and in what it may
// say.
//
// posix_spawn and a pidfd, so nothing of this needs SIGCHLD or a thread. The program gets /dev/null
// as its input, one pipe for output and errors together, a process group of its own, default signal
// handling, and none of our descriptors: a proxy started by a reload command must not inherit the
// gossip sockets. What it leaves running when it exits (a daemon it started) is not waited for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/result.h"
#include "base/time.h"

namespace scrimp::runtime {

/// Output beyond this is read and dropped: complaints are short, and the first one matters.
inline constexpr std::size_t command_output_bytes_max = 16 * 1024;

class Command {
  public:
    /// The value is the output of a program that exited with 0. The error is a sentence with the
    /// command and its fate (status, signal, timeout, or why it could not start), then the output.
    using Done = std::function<void(Result<std::string>)>;

    /// Starts `argv` (found on PATH; not empty, asserted). "scrimplb" means this very program,
    /// wherever it was installed. After `timeout` the whole process group is killed. `done` is
    /// called once, from the loop; the Command may be destroyed in it.
    Command(boost::asio::io_context& loop, const std::vector<std::string>& argv, Duration timeout,
            Done done);
    /// Kills what still runs; `done` is not called any more.
    ~Command();
    Command(const Command&) = delete;
    Command& operator=(const Command&) = delete;

  private:
    struct Run;
    std::shared_ptr<Run> run_;
};

}  // namespace scrimp::runtime
