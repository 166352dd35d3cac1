#include "app/proxy_check.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/printable.h"

extern char** environ;

namespace scrimp::app {
namespace {

/// A proxy stops at the first error, or soon; warnings may come before it, one a line.
constexpr std::size_t output_bytes_max = 64 * 1024;

std::string read_to_end(int pipe) {
    std::string output;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = read(pipe, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR)) {
        if (got > 0 && output.size() < output_bytes_max) {
            output.append(buffer, static_cast<std::size_t>(got));
        }
    }
    return output;
}

}  // namespace

Result<void> parse_check_words(const std::vector<std::string>& arguments,
                               const std::vector<PathOption>& options, std::string& candidate,
                               std::string& target) {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (!argument.starts_with("-")) {
            paths.push_back(argument);
            continue;
        }
        const auto equals = argument.find('=');
        const std::string name = argument.substr(0, equals);
        const auto option = std::ranges::find(options, name, &PathOption::first);
        if (option == options.end()) return fail("there is no option '" + name + "'");
        if (equals != std::string::npos) {
            *option->second = argument.substr(equals + 1);
        } else if (++i < arguments.size()) {
            *option->second = arguments[i];
        } else {
            return fail(name + " needs a path");
        }
    }
    if (paths.size() != 2) return fail("CANDIDATE and TARGET are needed, and nothing else");
    candidate = paths[0];
    target = paths[1];
    return {};
}

Result<Judgement> run_proxy_check(const std::vector<std::string>& argv, const std::string& proxy) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return fail(std::string("pipe: ") + std::strerror(errno));
    std::vector<char*> pointers;
    for (const auto& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    pid_t child = 0;
    int error = posix_spawnp(&child, pointers[0], &actions, nullptr, pointers.data(), environ);
    if (error == ENOENT && argv[0] == proxy) {
        // Debian puts it where the PATH of ordinary users does not lead.
        const std::string path = "/usr/sbin/" + proxy;
        error = posix_spawn(&child, path.c_str(), &actions, nullptr, pointers.data(), environ);
    }
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    Judgement judgement;
    if (error == 0) judgement.output = read_to_end(ends[0]);
    close(ends[0]);
    if (error != 0) {
        return fail("cannot run " + argv[0] + ": " + std::strerror(error) + "; is " + proxy +
                    " installed? --" + proxy + " names its path");
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    judgement.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    return judgement;
}

std::string taken_port_of(const std::vector<ListenPort>& ports, const std::string& proxy,
                          const std::string& path) {
    const std::string own_name = std::filesystem::path(path).filename().string();
    const auto is_proxy = [&](const PortHolder& holder) {
        return holder.program == proxy || holder.program == own_name;
    };
    const auto holders = find_port_holders(ports);
    for (const auto& holder : holders) {
        const bool shared = std::any_of(holders.begin(), holders.end(), [&](const auto& other) {
            return other.port == holder.port && is_proxy(other);
        });
        if (shared) continue;
        return "port " + std::to_string(holder.port) + " is taken by " +
               printable(holder.program, program_name_bytes_max) + " (process " +
               std::to_string(holder.pid) + "), so " + proxy + " cannot listen there";
    }
    return {};
}

}  // namespace scrimp::app
