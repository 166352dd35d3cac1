// One run of an external program: an argument list, no shell, bounded in time and in what it may
// say.
//
// posix_spawn and a pidfd, so nothing of this needs SIGCHLD or a thread. The program gets /dev/null
// or the given text as its input, a process group of its own, default signal handling, our
// environment, and none of our descriptors: a proxy started by a reload command must not inherit
// the gossip sockets. The input lies in memory that has a file's face, so that a program which does
// not read it delays nobody. What it leaves running when it exits (a daemon it started) is not
// waited for, and what cannot be killed, since a disk hangs, hardly: see leftovers.h. Left out: a
// program that lies itself on a disk that hangs stops us while it is started.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/result.h"
#include "base/time.h"

namespace scrimp::runtime {

/// Complaints are short, and the first one matters.
inline constexpr std::size_t command_output_bytes_max = std::size_t{16} * 1024;

/// A program and how it is run.
struct CommandSpec {
    /// Not empty, asserted. Where the program lies: program_path.h.
    std::vector<std::string> argv;
    /// After it the whole process group is killed, and told to have taken too long once it is dead,
    /// or dying_longest later.
    Duration timeout;
    std::string input{};
    /// Errors go to CommandEnd::errors, at most command_output_bytes_max of them, else among the
    /// output.
    bool errors_apart = false;
    std::size_t output_bytes_max = command_output_bytes_max;
    /// What is said beyond the bounds ends the program, else it is read and dropped.
    bool flood_is_fatal = false;
};

/// How a program that was started ended.
struct CommandEnd {
    enum class Fate : std::uint8_t { Exited, Signalled, TimedOut, Flooded };
    Fate fate = Fate::Exited;
    int number = 0;  ///< The exit status, or the signal.
    std::string output{};
    std::string errors{};

    [[nodiscard]] bool succeeded() const { return fate == Fate::Exited && number == 0; }
    /// "failed with status 3", "took too long and was stopped": to follow a name.
    [[nodiscard]] std::string fate_text() const;
};

/// Why a program could not be started.
struct StartFault : Error {
    bool is_shortage = false;  ///< We lack something for a while (shortage.h): it is no fault of
                               ///< the program's.
};

class Command {
  public:
    /// The value is the output of a program that exited with 0. The error is a sentence with the
    /// command and its fate (status, signal, timeout, or why it could not start), then the output.
    using Done = std::function<void(Result<std::string>)>;
    /// The error is a sentence about a program that could not be started.
    using Ended = std::function<void(Result<CommandEnd, StartFault>)>;

    /// Starts the program. `ended` is called once, from the loop; the Command may be destroyed in
    /// it.
    Command(boost::asio::io_context& loop, const CommandSpec& spec, Ended ended);
    /// The same for who only wants to know whether it went well, and what was said if not.
    Command(boost::asio::io_context& loop, const std::vector<std::string>& argv, Duration timeout,
            Done done);
    /// Kills what still runs, without waiting for its death; nothing is called any more.
    ~Command();
    Command(const Command&) = delete;
    Command& operator=(const Command&) = delete;

  private:
    struct Run;
    std::shared_ptr<Run> run_;
};

}  // namespace scrimp::runtime
