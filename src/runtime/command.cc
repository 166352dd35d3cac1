#include "runtime/command.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/assert.h"
#include "runtime/leftovers.h"
#include "runtime/program_path.h"
#include "runtime/shortage.h"

namespace scrimp::runtime {

namespace {

using boost::asio::posix::stream_descriptor;
using boost::system::error_code;

std::string reason_text(int error) {
    return std::generic_category().message(error);
}

/// Who ignores SIGCHLD has children whose end the kernel tells nobody.
StartFault untold_end(int error) {
    return {{"cannot tell how the command ended: " + reason_text(error)}};
}

/// The command as a person would type it, short enough for a sentence.
std::string joined(const std::vector<std::string>& argv) {
    constexpr std::size_t chars_max = 200;
    std::string text;
    for (const std::string& word : argv) text += (text.empty() ? "" : " ") + word;
    return text.size() > chars_max ? text.substr(0, chars_max) + "..." : text;
}

/// A file that is only memory, to be read from its beginning; -1 and errno on failure.
int memory_file(std::string_view text) {
    const int file = memfd_create("scrimplb-input", MFD_CLOEXEC);
    off_t at = 0;
    while (file >= 0 && !text.empty()) {
        // pwrite leaves the offset, which the reader inherits, at the beginning.
        const ssize_t put = pwrite(file, text.data(), text.size(), at);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) {
            const int error = errno;
            close(file);
            errno = error;
            return -1;
        }
        at += put;
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return file;
}

/// What the program gets as its three standard files; its own ends are closed on every way out.
struct StandardFiles {
    int input = -1;  ///< -1: /dev/null.
    int output = -1;
    int errors = -1;  ///< -1: like output.

    StandardFiles() = default;
    ~StandardFiles() { let_go(); }
    void let_go() {
        for (int* const file : {&input, &output, &errors}) {
            if (*file >= 0) close(*file);
            *file = -1;
        }
    }
    StandardFiles(const StandardFiles&) = delete;
    StandardFiles& operator=(const StandardFiles&) = delete;
};

/// Everything posix_spawn wants beside the arguments, freed on every way out.
class SpawnPlan {
  public:
    explicit SpawnPlan(const StandardFiles& files) {
        posix_spawn_file_actions_init(&actions_);
        if (files.input >= 0) {
            posix_spawn_file_actions_adddup2(&actions_, files.input, STDIN_FILENO);
        } else {
            posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        }
        posix_spawn_file_actions_adddup2(&actions_, files.output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, files.errors >= 0 ? files.errors : files.output,
                                         STDERR_FILENO);
        posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        posix_spawnattr_init(&attributes_);
        posix_spawnattr_setpgroup(&attributes_, 0);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes_, &none);
        sigset_t ours;
        sigemptyset(&ours);
        for (const int signal : {SIGPIPE, SIGTERM, SIGINT}) sigaddset(&ours, signal);
        posix_spawnattr_setsigdefault(&attributes_, &ours);
        posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    /// 0, or the reason as an errno value.
    int spawn(pid_t& child, const std::vector<std::string>& argv) {
        std::vector<char*> words;
        words.reserve(argv.size() + 1);
        for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        const std::string program = program_path(argv.front());
        return posix_spawnp(&child, program.c_str(), &actions_, &attributes_, words.data(),
                            environ);
    }

  private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

/// One of the two pipes we hear the program through.
struct Voice {
    explicit Voice(boost::asio::io_context& loop) : pipe(loop) {}

    /// The end that the program writes to; -1 and errno on failure.
    int open() {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
        pipe.assign(ends[0]);
        error_code ignored;
        pipe.non_blocking(true, ignored);
        return ends[1];
    }
    /// Reads what is there, a chunk at most, and keeps what there is room for.
    error_code read() {
        error_code error;
        const std::size_t bytes = pipe.read_some(boost::asio::buffer(chunk), error);
        const std::size_t room = bytes_max - text.size();
        text.append(chunk.data(), std::min(room, bytes));
        overflowed = overflowed || bytes > room;
        return error;
    }
    /// What is still in the pipe, and no more than is kept: who was left running may go on writing.
    void drain() {
        while (pipe.is_open() && !overflowed && !read()) {
        }
    }

    stream_descriptor pipe;
    std::size_t bytes_max = command_output_bytes_max;
    std::string text;
    bool overflowed = false;
    std::array<char, 4096> chunk;
};

}  // namespace

std::string CommandEnd::fate_text() const {
    switch (fate) {
        case Fate::Exited:
            break;
        case Fate::Signalled:
            return "was killed by signal " + std::to_string(number);
        case Fate::TimedOut:
            return "took too long and was stopped";
        case Fate::Flooded:
            return "said too much and was stopped";
    }
    return number == 0 ? "succeeded" : "failed with status " + std::to_string(number);
}

struct Command::Run : std::enable_shared_from_this<Command::Run> {
    explicit Run(boost::asio::io_context& on)
        : loop(on), output(on), errors(on), exit(on), patience(on) {}

    void start(const CommandSpec& spec);
    [[nodiscard]] Result<void, StartFault> spawn(const CommandSpec& spec);
    void read_more(Voice& voice);
    void stop_for(CommandEnd::Fate fate);
    void wait_for_exit();
    void handle_exit();
    void give_up();
    [[nodiscard]] CommandEnd end_with(int status);
    void finish(Result<CommandEnd, StartFault> result);
    void abandon();

    boost::asio::io_context& loop;
    Voice output;
    Voice errors;
    stream_descriptor exit;  ///< A pidfd: readable once the child is gone.
    boost::asio::steady_timer patience;
    Ended ended;
    std::vector<std::string> argv;
    bool flood_is_fatal = false;
    pid_t child = 0;  ///< 0: not running, or left to others.
    std::optional<CommandEnd::Fate> stopped_for;
};

Command::Command(boost::asio::io_context& loop, const CommandSpec& spec, Ended ended)
    : run_(std::make_shared<Run>(loop)) {
    SCRIMP_ASSERT(!spec.argv.empty());
    run_->ended = std::move(ended);
    run_->start(spec);
}

Command::Command(boost::asio::io_context& loop, const std::vector<std::string>& argv,
                 Duration timeout, Done done)
    : Command(loop, CommandSpec{.argv = argv, .timeout = timeout},
              [command = "'" + joined(argv) + "'", done = std::move(done)](auto end) {
                  if (!end) return done(tl::unexpected(end.error()));
                  if (end->succeeded()) return done(std::move(end->output));
                  const std::string said = end->output.empty() ? "" : ": " + end->output;
                  done(fail(command + " " + end->fate_text() + said));
              }) {}

Command::~Command() {
    run_->abandon();
}

void Command::Run::start(const CommandSpec& spec) {
    if (auto spawned = spawn(spec); !spawned) {
        boost::asio::post(loop, [self = shared_from_this(), error = spawned.error()] {
            self->finish(tl::unexpected(error));
        });
        return;
    }
    for (Voice* voice : {&output, &errors}) {
        if (voice->pipe.is_open()) read_more(*voice);
    }
    wait_for_exit();
    patience.expires_after(spec.timeout);
    patience.async_wait([self = shared_from_this()](const error_code& error) {
        if (!error) self->stop_for(CommandEnd::Fate::TimedOut);
    });
}

Result<void, StartFault> Command::Run::spawn(const CommandSpec& spec) {
    argv = spec.argv;
    const std::string& name = argv.front();
    const auto failed = [&name](int error) {
        return tl::unexpected(StartFault{{start_failure(name, error)}, is_shortage(error)});
    };
    if (!leftovers().allow(argv)) {
        return tl::unexpected(StartFault{{"cannot run '" + name +
                                          "': earlier runs were killed and do "
                                          "not die; does a disk hang that it uses?"}});
    }
    output.bytes_max = spec.output_bytes_max;
    flood_is_fatal = spec.flood_is_fatal;
    StandardFiles files;
    // Each failure is told at once: the next call may put another reason into errno.
    files.output = output.open();
    if (files.output < 0) return failed(errno);
    if (spec.errors_apart) {
        files.errors = errors.open();
        if (files.errors < 0) return failed(errno);
    }
    if (!spec.input.empty()) {
        files.input = memory_file(spec.input);
        if (files.input < 0) return failed(errno);
    }
    if (const int refused = SpawnPlan(files).spawn(child, argv); refused != 0) {
        child = 0;
        return failed(refused);
    }
    files.let_go();  // So that there is room for one more.
    const auto pidfd = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    if (pidfd < 0 && errno == ESRCH) {
        child = 0;
        return tl::unexpected(untold_end(ESRCH));
    }
    if (pidfd < 0) return failed(errno);
    exit.assign(pidfd);
    return {};
}

void Command::Run::read_more(Voice& voice) {
    // Waiting first and reading after: a read that was done but not yet told of when the program's
    // end is heard would be lost.
    voice.pipe.async_wait(stream_descriptor::wait_read,
                          [self = shared_from_this(), &voice](const error_code& error) {
                              if (error || self->child == 0) return;
                              const error_code nothing = voice.read();
                              if (nothing && nothing != boost::asio::error::would_block) return;
                              if (voice.overflowed && self->flood_is_fatal) {
                                  return self->stop_for(CommandEnd::Fate::Flooded);
                              }
                              self->read_more(voice);
                          });
}

void Command::Run::stop_for(CommandEnd::Fate fate) {
    if (child == 0 || stopped_for) return;
    stopped_for = fate;
    kill(-child, SIGKILL);
    patience.expires_after(dying_longest);
    patience.async_wait([self = shared_from_this()](const error_code& error) {
        if (!error) self->give_up();
    });
}

void Command::Run::give_up() {
    if (child != 0) finish(end_with(0));
}

void Command::Run::wait_for_exit() {
    exit.async_wait(stream_descriptor::wait_read,
                    [self = shared_from_this()](const error_code& error) {
                        if (!error) self->handle_exit();
                    });
}

void Command::Run::handle_exit() {
    if (child == 0) return leftovers().reap();
    int status = 0;
    // Now and then the event loop wakes us for what a closed descriptor before ours had to tell.
    const pid_t waited = waitpid(child, &status, WNOHANG);
    const int refused = errno;
    if (waited == 0) return wait_for_exit();
    child = 0;
    if (waited > 0) return finish(end_with(status));
    finish(tl::unexpected(untold_end(refused)));
}

CommandEnd Command::Run::end_with(int status) {
    output.drain();
    errors.drain();
    if (flood_is_fatal && (output.overflowed || errors.overflowed)) {
        stopped_for = CommandEnd::Fate::Flooded;
    }
    CommandEnd end{.output = std::move(output.text), .errors = std::move(errors.text)};
    if (WIFSIGNALED(status)) {
        end.fate = CommandEnd::Fate::Signalled;
        end.number = WTERMSIG(status);
    } else {
        end.number = WEXITSTATUS(status);
    }
    end.fate = stopped_for.value_or(end.fate);
    return end;
}

void Command::Run::finish(Result<CommandEnd, StartFault> result) {
    const Ended call = std::exchange(ended, nullptr);
    abandon();
    if (call) call(std::move(result));
}

void Command::Run::abandon() {
    ended = nullptr;
    patience.cancel();
    error_code ignored;
    for (stream_descriptor* file : {&output.pipe, &errors.pipe}) file->close(ignored);
    // The wait for its exit goes on.
    if (child != 0) leftovers().take(std::exchange(child, 0), std::move(argv));
}

}  // namespace scrimp::runtime
