#include "runtime/sever.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace scrimp::runtime {
namespace {

/// The kernel fills a reader's room up to 32 kB with one answer, and no further.
constexpr std::size_t answer_bytes_max = 32 * 1024;
/// A kernel that does not answer at once never will.
constexpr timeval answer_longest{.tv_sec = 1, .tv_usec = 0};
/// States in which a request may wait: all but listening and those that are over.
constexpr std::uint32_t waiting_states =
    1U << TCP_ESTABLISHED | 1U << TCP_SYN_SENT | 1U << TCP_FIN_WAIT1 | 1U << TCP_FIN_WAIT2 |
    1U << TCP_CLOSE_WAIT | 1U << TCP_LAST_ACK | 1U << TCP_CLOSING;

struct Request {
    nlmsghdr header{};
    inet_diag_req_v2 body{};
};

class Socket {
  public:
    Socket() : descriptor_(socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {
        setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &answer_longest, sizeof answer_longest);
    }
    ~Socket() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] bool send(const Request& request) const {
        return ::send(descriptor_, &request, sizeof request, 0) == sizeof request;
    }
    [[nodiscard]] std::optional<std::size_t> receive(std::span<char> room) const {
        const ssize_t got = recv(descriptor_, room.data(), room.size(), 0);
        return got < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(got));
    }

  private:
    int descriptor_;
};

Request request_of(std::uint16_t type, int flags) {
    Request request;
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = type;
    request.header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    request.body.sdiag_protocol = IPPROTO_TCP;
    return request;
}

tl::unexpected<Error> failure(const char* what, int number) {
    return fail(std::string(what) + ": " + std::strerror(number));
}

/// Those to `to`.
Result<std::vector<inet_diag_msg>> connections(const Socket& netlink, const Endpoint& to,
                                               std::uint8_t family) {
    Request request = request_of(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
    request.body.sdiag_family = family;
    request.body.idiag_states = waiting_states;
    request.body.id.idiag_dport = htons(to.port);  // The kernel leaves out the others.
    if (!netlink.send(request)) return failure("the kernel takes no question", errno);
    const Bytes wanted = to.ip_bytes();
    std::vector<inet_diag_msg> found;
    alignas(nlmsghdr) std::array<char, answer_bytes_max> room;
    while (const std::optional<std::size_t> got = netlink.receive(room)) {
        auto left = static_cast<unsigned>(*got);
        for (auto* header = reinterpret_cast<nlmsghdr*>(room.data()); NLMSG_OK(header, left);
             header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_type == NLMSG_DONE) return found;
            if (header->nlmsg_type == NLMSG_ERROR) {
                const auto* error = static_cast<const nlmsgerr*>(NLMSG_DATA(header));
                return failure("the kernel does not tell its connections", -error->error);
            }
            const auto* message = static_cast<const inet_diag_msg*>(NLMSG_DATA(header));
            const bool is_wanted =
                message->id.idiag_dport == htons(to.port) &&
                std::memcmp(message->id.idiag_dst, wanted.data(), wanted.size()) == 0;
            if (is_wanted) found.push_back(*message);
        }
    }
    return failure("the kernel does not tell its connections", errno);
}

/// 0, or an errno.
int destroy(const Socket& netlink, const inet_diag_msg& connection) {
    Request request = request_of(SOCK_DESTROY, NLM_F_ACK);
    request.body.sdiag_family = connection.idiag_family;
    request.body.id = connection.id;
    if (!netlink.send(request)) return errno;
    alignas(nlmsghdr) std::array<char, 1024> room;
    const std::optional<std::size_t> got = netlink.receive(room);
    if (!got) return errno;
    const auto* header = reinterpret_cast<const nlmsghdr*>(room.data());
    if (!NLMSG_OK(header, *got) || header->nlmsg_type != NLMSG_ERROR) return EPROTO;
    return -static_cast<const nlmsgerr*>(NLMSG_DATA(header))->error;
}

}  // namespace

Result<std::size_t> sever(const Endpoint& to) {
    const auto family = static_cast<std::uint8_t>(to.is_ipv4() ? AF_INET : AF_INET6);
    const Socket netlink;
    const auto found = connections(netlink, to, family);
    if (!found) return tl::unexpected(found.error());
    std::size_t severed = 0;
    for (const inet_diag_msg& connection : *found) {
        const int error = destroy(netlink, connection);
        if (error == 0) ++severed;
        if (error == EPERM) {
            return fail("connections cannot be ended without the right to (CAP_NET_ADMIN)");
        }
        if (error == EOPNOTSUPP) return fail("this kernel ends no connections of others");
        // Any other is of a connection that has ended meanwhile.
    }
    return severed;
}

}  // namespace scrimp::runtime
