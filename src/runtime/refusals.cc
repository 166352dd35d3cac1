#include "runtime/refusals.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace scrimp::runtime {

namespace {

/// Room for the error and the address of its author, in either family; the kernel adds nothing else
/// unasked.
constexpr std::size_t control_bytes =
    CMSG_SPACE(sizeof(sock_extended_err) + sizeof(sockaddr_in6)) * 2;

std::optional<Endpoint> endpoint_of(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        const ByteView ip = std::as_bytes(std::span(&v4.sin_addr, 1));
        return endpoint_from_bytes(ip, ntohs(v4.sin_port)).value();
    }
    if (address.ss_family != AF_INET6) return std::nullopt;
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    const ByteView ip = std::as_bytes(std::span(&v6.sin6_addr, 1));
    return endpoint_from_bytes(ip, ntohs(v6.sin6_port)).value();
}

/// Only a host without a listener says ECONNREFUSED; routers and our own kernel say other things.
bool is_refusal(const cmsghdr& part) {
    const bool tells = (part.cmsg_level == IPPROTO_IP && part.cmsg_type == IP_RECVERR) ||
                       (part.cmsg_level == IPPROTO_IPV6 && part.cmsg_type == IPV6_RECVERR);
    if (!tells || part.cmsg_len < CMSG_LEN(sizeof(sock_extended_err))) return false;
    sock_extended_err error{};
    std::memcpy(&error, CMSG_DATA(&part), sizeof error);
    const bool by_icmp =
        error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
    return by_icmp && error.ee_errno == ECONNREFUSED;
}

}  // namespace

void ask_for_refusals(int socket) {
    const int on = 1;
    // An IPv6 socket that serves IPv4 too hears of either by its own option; an IPv4 one refuses
    // the other.
    static_cast<void>(setsockopt(socket, IPPROTO_IP, IP_RECVERR, &on, sizeof on));
    static_cast<void>(setsockopt(socket, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on));
}

std::optional<Refused> take_refusal(int socket) {
    sockaddr_storage sent_to{};
    // What comes back of the packet itself is of no interest.
    std::array<std::byte, 1> payload{};
    iovec data{payload.data(), payload.size()};
    alignas(cmsghdr) std::array<std::byte, control_bytes> control{};
    msghdr message{};
    message.msg_name = &sent_to;
    message.msg_namelen = sizeof sent_to;
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
    Refused refused;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (is_refusal(*part)) refused.by = endpoint_of(sent_to);
    }
    return refused;
}

}  // namespace scrimp::runtime
