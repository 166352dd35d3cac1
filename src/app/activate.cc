#include "app/activate.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include "app/activation.h"
#include "app/check_nginx.h"
#include "app/config.h"
#include "app/old_workers.h"
#include "app/rollout_setup.h"
#include "app/unix_stream.h"
#include "proxy/fingerprint.h"
#include "proxy/nginx_generation.h"
#include "proxy/nginx_reading.h"
#include "proxy/placeholders.h"
#include "runtime/clock.h"
#include "runtime/command.h"
#include "runtime/files.h"
#include "runtime/log.h"

namespace scrimp::app {
namespace {

using std::chrono::seconds;

/// The first descriptor behind the standard ones: sd_listen_fds(3).
constexpr int first_passed_descriptor = 3;

/// A text comes from memory over a socket of this host: no healthy one takes a second.
constexpr Duration request_longest = seconds{10};
constexpr Duration answer_longest = seconds{10};

/// For who was refused in the middle of what he sent.
constexpr Duration farewell_longest = std::chrono::milliseconds{200};

/// Between two changes; a helper that is not there takes no memory.
constexpr seconds idle_longest{60};

/// From a check to the activation of the same text: what it stands beside has hardly changed.
constexpr Duration check_is_good_for = seconds{10};

struct ActivateSettings {
    std::string target;
    proxy::RenderOptions options;
    proxy::Command check_command;
    proxy::Command reload_command;
    Duration check_timeout{};
    Duration reload_timeout{};
    uid_t user = 0;
};

struct ActivateOptions {
    std::string config_path = "/etc/scrimplb/scrimp.json";
    std::string user = "scrimplb";
};

ActivationAnswer refused_answer(const std::string& why) {
    return {ActivationFate::Refused, why};
}
ActivationAnswer failed_answer(const std::string& why) {
    return {ActivationFate::Failed, why};
}

void give_answer(UnixStream& stream, const ActivationAnswer& answer) {
    stream.set_deadline(runtime::now() + answer_longest);
    const auto sent = stream.write(encode_activation_answer(answer));
    if (!sent) {
        return runtime::log_warning("the answer could not be given: " + sent.error().message);
    }
    stream.set_deadline(runtime::now() + farewell_longest);
    stream.finish();
}

/// Runs it to its end.
Result<std::string> run_to_end(const proxy::Command& argv, Duration timeout) {
    boost::asio::io_context loop{1};
    std::optional<Result<std::string>> outcome;
    const runtime::Command command(loop, argv, timeout, [&](Result<std::string> result) {
        outcome = std::move(result);
        loop.stop();  // What cannot be killed is not waited for.
    });
    loop.run();
    return outcome.value_or(fail("the command was not run"));
}

class Activator {
  public:
    explicit Activator(ActivateSettings settings)
        : settings_(std::move(settings)), candidate_(proxy::candidate_path(settings_.target)) {}

    /// One connection, whose end is the answer's.
    void serve(UnixStream stream) { give_answer(stream, answer_to(stream)); }

  private:
    ActivationAnswer answer_to(UnixStream& stream) {
        ucred peer{};
        socklen_t size = sizeof peer;
        if (getsockopt(stream.descriptor(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
            return refused_answer(std::string("who asks cannot be told: ") + std::strerror(errno));
        }
        if (peer.uid != 0 && peer.uid != settings_.user) {
            const std::string who = "user " + std::to_string(peer.uid);
            runtime::log_warning("refused " + who + " (process " + std::to_string(peer.pid) + ")");
            return refused_answer(who + " may not ask; --user names who may");
        }
        const auto line = stream.read_line(activation_head_bytes_max);
        if (!line) return refused_answer("the request " + line.error().message);
        const auto head = parse_activation_head(*line);
        if (!head) return refused_answer(head.error().message);
        const auto text = stream.read(head->bytes);
        if (!text) return refused_answer("the text " + text.error().message);
        if (text->size() != head->bytes)
            return refused_answer("the text is not as long as it says");
        const ActivationAnswer answer = act(head->verb, *text);
        if (answer.fate != ActivationFate::Done) {
            runtime::log_warning(std::string(name_of(head->verb)) + ": " + answer.text);
        } else if (head->verb == ActivationVerb::Activate) {
            runtime::log_info("activated generation " + proxy::generation_in_nginx(*text));
        }
        return answer;
    }

    ActivationAnswer act(ActivationVerb verb, const std::string& text) {
        if (verb == ActivationVerb::Status) return status();
        if (const auto ours = proxy::check_nginx_rendering(text, settings_.options); !ours) {
            return refused_answer(ours.error().message);
        }
        std::string said;
        const bool fresh = proxy::fingerprint(text) == checked_ && runtime::now() < checked_until_;
        if (verb == ActivationVerb::Check || !fresh) {
            const auto checked = check(text);
            if (!checked) return failed_answer(checked.error().message);
            said = *checked;
        }
        return verb == ActivationVerb::Check ? ActivationAnswer{ActivationFate::Done, said}
                                             : activate();
    }

    Result<std::string> check(const std::string& text) {
        checked_.clear();
        if (const auto written = runtime::write_new_file(candidate_, text); !written) {
            return tl::unexpected(written.error());
        }
        if (!settings_.check_command.empty()) {
            auto said = run_to_end(filled(settings_.check_command), settings_.check_timeout);
            if (!said) return said;
            checked_ = proxy::fingerprint(text);
            checked_until_ = runtime::now() + check_is_good_for;
            return said;
        }
        return std::string();
    }

    /// The candidate is what was checked: nobody else may write where it lies.
    ActivationAnswer activate() {
        checked_.clear();
        if (const auto swapped = runtime::swap_file(candidate_, settings_.target); !swapped) {
            return failed_answer(swapped.error().message);
        }
        if (settings_.reload_command.empty()) return {ActivationFate::Done, ""};
        const auto reloaded =
            run_to_end(filled(settings_.reload_command), settings_.reload_timeout);
        if (!reloaded) return failed_answer(reloaded.error().message);
        return {ActivationFate::Done, *reloaded};
    }

    [[nodiscard]] ActivationAnswer status() const {
        const auto text = runtime::read_file(settings_.target, activation_text_bytes_max);
        const std::string generation =
            text && *text ? proxy::generation_in_nginx(**text) : std::string();
        const proxy::OldWorkers old = count_old_nginx_workers(settings_.options.http_port);
        return {ActivationFate::Done, "target " + settings_.target + "\ngeneration " +
                                          (generation.empty() ? "none" : generation) +
                                          "\nold-workers " + proxy::old_workers_text(old) + "\n"};
    }

    [[nodiscard]] proxy::Command filled(const proxy::Command& command) const {
        return proxy::fill_placeholders(command, candidate_, settings_.target);
    }

    ActivateSettings settings_;
    std::string candidate_;
    std::string checked_;  ///< The fingerprint of the candidate, when a check accepted it last.
    Instant checked_until_{};
};

/// A file as it was at one time; another one at its path, or a change of it, is told by that.
struct FileState {
    dev_t device = 0;
    ino_t inode = 0;
    std::pair<time_t, long> modified{};
    std::pair<time_t, long> changed{};
    friend bool operator==(const FileState&, const FileState&) = default;
};

/// All zero of one that is not there.
FileState state_of(const std::string& path) {
    struct stat found{};
    if (path.empty() || stat(path.c_str(), &found) != 0) return {};
    return {.device = found.st_dev,
            .inode = found.st_ino,
            .modified = {found.st_mtim.tv_sec, found.st_mtim.tv_nsec},
            .changed = {found.st_ctim.tv_sec, found.st_ctim.tv_nsec}};
}

/// The path that we were started by: /proc/self/exe leads to the file that we run, wherever it is
/// now.
std::string program_path() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

/// What root does because of this file or in this folder, nobody else may have written.
Result<void> check_owner(const std::string& path) {
    struct stat found{};
    if (stat(path.c_str(), &found) != 0) return fail(path + ": " + std::strerror(errno));
    if (found.st_uid != geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return fail(path +
                    " can be changed by others than root, who would run what they write "
                    "there: chown root " +
                    path + " && chmod go-w " + path);
    }
    return {};
}

/// Who may write to the folder may put another file in this one's place.
Result<void> check_owner_of_folder(const std::string& path) {
    return check_owner(std::filesystem::absolute(path).parent_path().string());
}

Result<ActivateSettings> read_settings(const ActivateOptions& words) {
    const FileState before = state_of(words.config_path);
    for (const auto& owned :
         {check_owner_of_folder(words.config_path), check_owner(words.config_path)}) {
        if (!owned) return tl::unexpected(owned.error());
    }
    const auto config = load_config(words.config_path);
    if (!config) return tl::unexpected(config.error());
    if (state_of(words.config_path) != before) {
        return fail(words.config_path + " was changed while it was read; ask again");
    }
    const LoadBalancerConfig& given = config->load_balancer_config;
    const proxy::Generator* const generator = proxy::find_generator(given.generator);
    if (!config->load_balancer || given.generator != "nginx" || given.generator_target.empty()) {
        return fail(words.config_path +
                    ": not of a load balancer with the generator nginx and a generator-target");
    }
    if (const auto owned = check_owner_of_folder(given.generator_target); !owned) {
        return tl::unexpected(owned.error());
    }
    const passwd* const user = getpwnam(words.user.c_str());
    if (user == nullptr) return fail("--user: there is no user '" + words.user + "'");
    ActivateSettings settings{
        .target = given.generator_target,
        .options = render_options(*config),
        .check_command = given.check_command.value_or(generator->default_check_command),
        .reload_command = given.reload_command.value_or(generator->default_reload_command),
        .check_timeout = given.rollout.check_timeout,
        .reload_timeout = given.rollout.reload_timeout,
        .user = user->pw_uid};
    return settings;
}

/// The listening socket that we were started with.
Result<int> passed_socket() {
    const char* const pid = std::getenv("LISTEN_PID");
    const char* const count = std::getenv("LISTEN_FDS");
    if (pid == nullptr || count == nullptr || pid != std::to_string(getpid())) {
        return fail("no socket was passed; it is started by systemd's scrimplb-activate.socket");
    }
    if (std::strcmp(count, "1") != 0)
        return fail("one socket is wanted, not " + std::string(count));
    int listens = 0;
    socklen_t size = sizeof listens;
    const int socket = first_passed_descriptor;
    if (getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
        return fail("the descriptor that was passed is no listening socket");
    }
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    // Commands of ours must not take themselves for socket-activated.
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) unsetenv(name);
    return socket;
}

/// Whoever stops us waits for the end of the request that is being served: a rename and its reload
/// belong together.
void hold_back_signals() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGTERM, SIGINT}) sigaddset(&held, signal);
    sigprocmask(SIG_BLOCK, &held, nullptr);
}

/// Whether somebody asks; the only place where a signal ends us.
bool is_asked(int socket) {
    sigset_t none;
    sigemptyset(&none);
    while (true) {
        pollfd file{.fd = socket, .events = POLLIN, .revents = 0};
        const timespec longest{.tv_sec = idle_longest.count(), .tv_nsec = 0};
        const int ready = ppoll(&file, 1, &longest, &none);
        if (ready >= 0 || errno != EINTR) return ready > 0;
    }
}

std::optional<UnixStream> accept_one(int socket) {
    const int accepted = accept4(socket, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) return std::nullopt;
    return UnixStream(accepted, runtime::now() + request_longest);
}

/// What we run and what we were told, as they were at our start.
struct Origins {
    std::string config_path;
    std::string program = program_path();
    FileState config_state = state_of(config_path);
    FileState program_state = state_of(program);

    [[nodiscard]] bool are_as_they_were() const {
        return state_of(config_path) == config_state && state_of(program) == program_state;
    }
};

/// Who asks after a change is answered by our successor: systemd starts one, since he still waits.
void serve_until_idle(int socket, Activator& activator, const Origins& origins) {
    while (is_asked(socket) && origins.are_as_they_were()) {
        if (auto stream = accept_one(socket)) activator.serve(*std::move(stream));
    }
}

int complain_of_start(const Error& error, int status) {
    std::fprintf(stderr, "scrimplb-activate: %s\n", error.message.c_str());
    return status;
}

}  // namespace

int run_activate(const std::vector<std::string>& words) {
    // The default check command names "scrimplb", which for a child of ours is ourselves.
    if (!words.empty() && words.front() == "check-nginx") {
        return check_nginx({words.begin() + 1, words.end()});
    }
    ActivateOptions given;
    CLI::App cli(
        "The step of Scrimp LB that needs root: checks and activates what the daemon "
        "generated. Started by its socket.",
        "scrimplb-activate");
    cli.set_version_flag("--version", std::string("scrimplb-activate " SCRIMP_VERSION));
    cli.add_option("--config-file", given.config_path, "The daemon's configuration")
        ->type_name("PATH")
        ->capture_default_str();
    cli.add_option("--user", given.user, "Who may ask, beside root")
        ->type_name("NAME")
        ->capture_default_str();
    try {
        cli.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::ParseError& error) {
        return cli.exit(error) == 0 ? 0 : 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGCHLD, SIG_DFL);
    hold_back_signals();
    const auto socket = passed_socket();
    if (!socket) return complain_of_start(socket.error(), 2);
    const Origins origins{.config_path = given.config_path};
    auto settings = read_settings(given);
    if (!settings) {
        // Who asks is to be told; left waiting, he would have systemd start us again at once.
        auto stream = is_asked(*socket) ? accept_one(*socket) : std::nullopt;
        if (stream) give_answer(*stream, failed_answer(settings.error().message));
        return complain_of_start(settings.error(), 2);
    }
    Activator activator(*std::move(settings));
    serve_until_idle(*socket, activator, origins);
    return 0;
}

}  // namespace scrimp::app
