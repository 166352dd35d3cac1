// Who listens on a TCP port of this host, from Linux's /proc: net/tcp and net/tcp6 name the sockets
// that listen, and each process's fd directory the sockets it holds. Without the right to look at
// other processes (anyone but root) their sockets have no holder that we can name.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace scrimp::app {

struct ListenPort {
    std::uint16_t number = 0;
    bool ipv6 = false;
};

struct PortHolder {
    std::uint16_t port = 0;
    pid_t pid = 0;
    std::string program;  ///< As the kernel has it (/proc/PID/comm), 15 bytes at most.
    friend bool operator==(const PortHolder&, const PortHolder&) = default;
};

inline constexpr std::size_t program_name_bytes_max = 15;

/// Whoever listens on one of `ports`, at any address of that family; of processes that share a
/// socket, each.
[[nodiscard]] std::vector<PortHolder> find_port_holders(const std::vector<ListenPort>& ports);

}  // namespace scrimp::app
