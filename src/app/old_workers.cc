#include "app/old_workers.h"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "app/port_holder.h"

namespace scrimp::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view master_title = "nginx: master process";
constexpr std::string_view old_worker_title = "nginx: worker process is shutting down";

/// In ticks of 10 ms (sysconf's _SC_CLK_TCK is 100 on every Linux): twice what a busy master takes
/// to start a generation, and less than the pace leaves between two.
constexpr std::uint64_t generation_gap_ticks = 8;

struct WorkerProcess {
    pid_t parent = 0;
    std::uint64_t started = 0;  ///< In ticks since boot.
};

/// Parent and start time, from /proc/PID/stat; the name between, in brackets, may hold anything.
WorkerProcess read_worker(const fs::path& folder) {
    std::ifstream in(folder / "stat");
    std::string line;
    std::getline(in, line);
    WorkerProcess process;
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) return process;
    std::istringstream fields(line.substr(name_end + 1));
    std::string skipped;
    fields >> skipped >> process.parent;
    constexpr int between = 17;  // From the parent, field 4, to the start time, field 22.
    for (int i = 0; i < between; ++i) fields >> skipped;
    fields >> process.started;
    return process;
}

std::string process_title(const fs::path& folder, std::size_t bytes) {
    std::ifstream in(folder / "cmdline", std::ios::binary);
    std::string title(bytes, '\0');
    in.read(title.data(), static_cast<std::streamsize>(title.size()));
    title.resize(static_cast<std::size_t>(in.gcount()));
    return title;
}

/// The user whose rights it has; not the owner of its folder in /proc, which is root's of any
/// process that forbids to be traced.
uid_t user_of(const fs::path& folder) {
    std::ifstream in(folder / "status");
    for (std::string line; std::getline(in, line);) {
        constexpr std::string_view label = "Uid:";
        if (!line.starts_with(label)) continue;
        std::istringstream fields(line.substr(label.size()));
        uid_t real = 0;
        uid_t effective = 0;
        if (fields >> real >> effective) return effective;
    }
    return static_cast<uid_t>(-1);
}

/// Anybody may give his processes an old worker's title, and would hold newcomers back by it.
bool is_master(pid_t process) {
    const fs::path folder = fs::path("/proc") / std::to_string(process);
    if (process_title(folder, master_title.size()) != master_title) return false;
    const uid_t user = user_of(folder);
    return user == 0 || user == geteuid();
}

/// Start times of old workers, by their master.
std::map<pid_t, std::vector<std::uint64_t>> find_old_workers() {
    std::map<pid_t, std::vector<std::uint64_t>> found;
    std::error_code ignored;
    for (fs::directory_iterator at("/proc", ignored), end; at != end; at.increment(ignored)) {
        const std::string name = at->path().filename().string();
        if (name.empty() || name.front() < '0' || name.front() > '9') continue;
        if (process_title(at->path(), old_worker_title.size()) != old_worker_title) continue;
        const WorkerProcess process = read_worker(at->path());
        if (process.parent != 0) found[process.parent].push_back(process.started);
    }
    std::erase_if(found, [](const auto& each) { return !is_master(each.first); });
    return found;
}

proxy::OldWorkers count_generations(std::vector<std::uint64_t> started) {
    std::ranges::sort(started);
    proxy::OldWorkers counted;
    std::uint64_t before = 0;
    for (const std::uint64_t at : started) {
        if (counted.workers == 0 || at - before > generation_gap_ticks) ++counted.generations;
        ++counted.workers;
        before = at;
    }
    return counted;
}

}  // namespace

proxy::OldWorkers count_old_nginx_workers(std::uint16_t port) {
    const auto old = find_old_workers();
    if (old.empty()) return {};
    proxy::OldWorkers all;
    proxy::OldWorkers ours;
    bool known = false;
    const auto holders = find_port_holders({{.number = port, .ipv6 = false}});
    for (const auto& [master, started] : old) {
        const proxy::OldWorkers counted = count_generations(started);
        all.generations += counted.generations;
        all.workers += counted.workers;
        if (!std::ranges::any_of(holders, [master = master](const PortHolder& holder) {
                return holder.pid == master;
            })) {
            continue;
        }
        known = true;
        ours = counted;
    }
    // Others' old workers are nobody's business if the port is held by a master that has none.
    return known || !holders.empty() ? ours : all;
}

}  // namespace scrimp::app
