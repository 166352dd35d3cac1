#include "app/port_holder.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace scrimp::app {
namespace {

namespace fs = std::filesystem;

/// "socket:[INODE]", as the links in /proc/PID/fd spell it, to port.
using Sockets = std::map<std::string, std::uint16_t>;

void find_listening(const char* table, bool ipv6, const std::vector<ListenPort>& ports,
                    Sockets& sockets) {
    std::ifstream in(table);
    std::string line;
    std::getline(in, line);  // The headings.
    while (std::getline(in, line)) {
        std::istringstream fields(line);
        std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
        fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
            timeout >> inode;
        const auto colon = local.rfind(':');
        if (state != "0A" || colon == std::string::npos) continue;  // TCP_LISTEN
        std::uint16_t number = 0;
        std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
        for (const auto& port : ports) {
            if (port.number == number && port.ipv6 == ipv6)
                sockets["socket:[" + inode + "]"] = number;
        }
    }
}

std::string program_of(const fs::path& process) {
    std::ifstream in(process / "comm");
    std::string name;
    std::getline(in, name);
    return name;
}

void find_holders(const fs::path& process, pid_t pid, const Sockets& sockets,
                  std::vector<PortHolder>& holders) {
    std::error_code ignored;
    for (fs::directory_iterator at(process / "fd", ignored), end; at != end;
         at.increment(ignored)) {
        std::error_code gone;
        const auto found = sockets.find(fs::read_symlink(at->path(), gone).string());
        if (found != sockets.end()) holders.push_back({found->second, pid, program_of(process)});
    }
}

}  // namespace

std::vector<PortHolder> find_port_holders(const std::vector<ListenPort>& ports) {
    Sockets sockets;
    find_listening("/proc/net/tcp", false, ports, sockets);
    find_listening("/proc/net/tcp6", true, ports, sockets);
    std::vector<PortHolder> holders;
    if (sockets.empty()) return holders;
    std::error_code ignored;
    for (fs::directory_iterator at("/proc", ignored), end; at != end; at.increment(ignored)) {
        const std::string name = at->path().filename().string();
        pid_t pid = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc())
            continue;
        find_holders(at->path(), pid, sockets, holders);
    }
    return holders;
}

}  // namespace scrimp::app
