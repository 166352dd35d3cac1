#include "runtime/command.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <system_error>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/assert.h"

namespace scrimp::runtime {

namespace {

using boost::system::error_code;

std::string reason_text(int error) {
    return std::generic_category().message(error);
}

/// The command as a person would type it, short enough for a sentence.
std::string joined(const std::vector<std::string>& argv) {
    constexpr std::size_t chars_max = 200;
    std::string text;
    for (const std::string& word : argv) text += (text.empty() ? "" : " ") + word;
    return text.size() > chars_max ? text.substr(0, chars_max) + "..." : text;
}

/// Everything posix_spawn wants beside the arguments, freed on every way out.
class SpawnPlan {
  public:
    explicit SpawnPlan(int output) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
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
        for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        // In the child, before it becomes the program, this path still names our own executable.
        const bool ourselves = argv.front() == "scrimplb";
        const char* program = ourselves ? "/proc/self/exe" : argv.front().c_str();
        return posix_spawnp(&child, program, &actions_, &attributes_, words.data(), environ);
    }

  private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

}  // namespace

struct Command::Run : std::enable_shared_from_this<Command::Run> {
    explicit Run(boost::asio::io_context& on) : loop(on), output(on), exit(on), patience(on) {}

    void start(const std::vector<std::string>& argv, Duration timeout);
    [[nodiscard]] Result<void> spawn(const std::vector<std::string>& argv);
    void read_more();
    void take_output(std::size_t bytes);
    void handle_exit();
    [[nodiscard]] Result<std::string> outcome(int status) const;
    void finish(Result<std::string> result);
    void abandon();

    boost::asio::io_context& loop;
    boost::asio::posix::stream_descriptor output;
    boost::asio::posix::stream_descriptor exit;  ///< A pidfd: readable once the child is gone.
    boost::asio::steady_timer patience;
    Done done;
    std::string command;
    std::string text;
    std::array<char, 4096> chunk;
    pid_t child = 0;  ///< 0: not running.
    bool timed_out = false;
};

Command::Command(boost::asio::io_context& loop, const std::vector<std::string>& argv,
                 Duration timeout, Done done)
    : run_(std::make_shared<Run>(loop)) {
    SCRIMP_ASSERT(!argv.empty());
    run_->done = std::move(done);
    run_->start(argv, timeout);
}

Command::~Command() {
    run_->abandon();
}

void Command::Run::start(const std::vector<std::string>& argv, Duration timeout) {
    command = "'" + joined(argv) + "'";
    if (Result<void> spawned = spawn(argv); !spawned) {
        boost::asio::post(loop, [self = shared_from_this(), error = spawned.error()] {
            self->finish(tl::unexpected(error));
        });
        return;
    }
    read_more();
    exit.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [self = shared_from_this()](const error_code& error) {
                        if (!error) self->handle_exit();
                    });
    patience.expires_after(timeout);
    patience.async_wait([self = shared_from_this()](const error_code& error) {
        if (error || self->child == 0) return;
        self->timed_out = true;
        kill(-self->child, SIGKILL);
    });
}

Result<void> Command::Run::spawn(const std::vector<std::string>& argv) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail("cannot run " + command + ": " + reason_text(errno));
    }
    output.assign(ends[0]);
    const int refused = SpawnPlan(ends[1]).spawn(child, argv);
    close(ends[1]);
    if (refused != 0) {
        child = 0;
        return fail("cannot run " + command + ": " + reason_text(refused));
    }
    const auto pidfd = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    if (pidfd < 0) {
        const std::string reason = reason_text(errno);
        abandon();
        return fail("cannot watch " + command + ": " + reason);
    }
    exit.assign(pidfd);
    error_code ignored;
    output.non_blocking(true, ignored);
    return {};
}

void Command::Run::read_more() {
    output.async_read_some(boost::asio::buffer(chunk),
                           [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                               if (error || self->child == 0) return;
                               self->take_output(bytes);
                               self->read_more();
                           });
}

void Command::Run::take_output(std::size_t bytes) {
    const std::size_t room = command_output_bytes_max - text.size();
    text.append(chunk.data(), std::min(room, bytes));
}

void Command::Run::handle_exit() {
    int status = 0;
    waitpid(child, &status, 0);
    child = 0;
    // What the child wrote last may still be in the pipe; one that it left running may go on
    // writing, so no more is read than is kept.
    while (text.size() < command_output_bytes_max) {
        error_code error;
        const std::size_t bytes = output.read_some(boost::asio::buffer(chunk), error);
        if (error) break;
        take_output(bytes);
    }
    finish(outcome(status));
}

Result<std::string> Command::Run::outcome(int status) const {
    std::string fate;
    if (timed_out) {
        fate = " took too long and was stopped";
    } else if (WIFSIGNALED(status)) {
        fate = " was killed by signal " + std::to_string(WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
        fate = " failed with status " + std::to_string(WEXITSTATUS(status));
    } else {
        return text;
    }
    return fail(command + fate + (text.empty() ? "" : ": " + text));
}

void Command::Run::finish(Result<std::string> result) {
    const Done call = std::exchange(done, nullptr);
    abandon();
    if (call) call(std::move(result));
}

void Command::Run::abandon() {
    done = nullptr;
    if (const pid_t running = std::exchange(child, 0); running != 0) {
        kill(-running, SIGKILL);
        waitpid(running, nullptr, 0);
    }
    patience.cancel();
    error_code ignored;
    output.close(ignored);
    exit.close(ignored);
}

}  // namespace scrimp::runtime
