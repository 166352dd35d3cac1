#include "helpers/dns_lookup.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <future>
#include <memory>
#include <thread>

#include "base/assert.h"
#include "base/printable.h"

namespace scrimp::helpers {
namespace {

/// Of the DNS's own limit of 255, with room for escapes.
constexpr std::size_t name_chars_max = 300;
/// Seconds until a question is repeated, and how often: a lost datagram costs two seconds, a server
/// that is gone six.
constexpr int retry_seconds = 2;
constexpr int retries = 2;

std::string in_quotes(const std::string& name) {
    return "'" + printable(name, name_chars_max) + "'";
}

std::string source_text(const std::optional<Endpoint>& server) {
    return server ? "the name server " + server->text() : "this host's resolver";
}

tl::unexpected<Error> no_such_name(const std::string& name, const std::optional<Endpoint>& server) {
    return fail("name: " + in_quotes(name) + " does not exist, says " + source_text(server) +
                "; check its spelling, or enter it there");
}

tl::unexpected<Error> no_answer(const std::string& name, const std::optional<Endpoint>& server,
                                std::string_view why) {
    return fail("no answer about " + in_quotes(name) + " from " + source_text(server) + " (" +
                std::string(why) + "); check " +
                (server ? "'server' and the network" : "/etc/resolv.conf and the network"));
}

/// Runs `work` until `end` at most. It must own all it uses, since it may outlive the call.
template <class Work>
auto until(std::chrono::steady_clock::time_point end, Work work)
    -> std::optional<std::invoke_result_t<Work>> {
    std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
    auto outcome = task.get_future();
    std::thread(std::move(task)).detach();
    if (outcome.wait_until(end) != std::future_status::ready) return std::nullopt;
    return outcome.get();
}

/// libresolv's state, with the servers of /etc/resolv.conf or with one of our own.
class Resolver {
  public:
    explicit Resolver(const std::optional<Endpoint>& server) : server_(server) {
        std::memset(&state_, 0, sizeof state_);
        SCRIMP_ASSERT(res_ninit(&state_) == 0);  // Fails for want of memory only.
        state_.retrans = retry_seconds;
        state_.retry = retries;
        if (server) ask_only(*server);
    }
    ~Resolver() { res_nclose(&state_); }
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    Result<DnsAnswer> ask(const std::string& name, ns_type type) {
        Bytes packet(NS_MAXMSG);
        auto* const buffer = reinterpret_cast<unsigned char*>(packet.data());
        // The domains of resolv.conf are the system's way, and no business of a server of our own.
        const int size = server_ ? res_nquery(&state_, name.c_str(), ns_c_in, type, buffer,
                                              static_cast<int>(packet.size()))
                                 : res_nsearch(&state_, name.c_str(), ns_c_in, type, buffer,
                                               static_cast<int>(packet.size()));
        if (size >= 0) {
            return parse_dns_answer(
                ByteView(packet).first(std::min(static_cast<std::size_t>(size), packet.size())));
        }
        switch (state_.res_h_errno) {
            case NO_DATA:
                return DnsAnswer{};
            case HOST_NOT_FOUND:
                return no_such_name(name, server_);
            case NO_RECOVERY:
                return no_answer(name, server_, "it refuses to say");
            default:
                return no_answer(name, server_, "it is silent or in trouble itself");
        }
    }

  private:
    void ask_only(const Endpoint& server) {
        state_.nscount = 1;
        if (server.is_ipv4()) {
            sockaddr_in& address = state_.nsaddr_list[0];
            address = {};
            address.sin_family = AF_INET;
            address.sin_port = htons(server.port);
            std::memcpy(&address.sin_addr, server.ip.data() + 12, sizeof address.sin_addr);
            return;
        }
        // The list has room for IPv4 only; glibc keeps the others behind it, on the heap, and frees
        // them in res_nclose.
        state_.nsaddr_list[0].sin_family = 0;
        auto& extension = state_._u._ext;
        if (extension.nsaddrs[0] == nullptr) {
            extension.nsaddrs[0] = static_cast<sockaddr_in6*>(std::malloc(sizeof(sockaddr_in6)));
            SCRIMP_ASSERT(extension.nsaddrs[0] != nullptr);
        }
        sockaddr_in6& address = *extension.nsaddrs[0];
        address = {};
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(server.port);
        std::memcpy(&address.sin6_addr, server.ip.data(), sizeof address.sin6_addr);
        extension.nscount = 1;
        extension.nssocks[0] = -1;
    }

    std::optional<Endpoint> server_;
    struct __res_state state_;
};

std::optional<Endpoint> endpoint_of(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        const auto& ip = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
        return *endpoint_from_bytes(std::as_bytes(std::span(&ip, 1)), 0);
    }
    if (address.sa_family == AF_INET6) {
        const auto& ip = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
        return *endpoint_from_bytes(std::as_bytes(std::span(&ip, 1)), 0);
    }
    return std::nullopt;
}

Result<std::vector<Endpoint>> ask_system(const std::string& name, std::optional<Family> family) {
    addrinfo hints{};
    hints.ai_family = !family ? AF_UNSPEC : *family == Family::Ipv4 ? AF_INET : AF_INET6;
    hints.ai_socktype = SOCK_STREAM;  // Else each address comes three times.
    addrinfo* list = nullptr;
    const int code = getaddrinfo(name.c_str(), nullptr, &hints, &list);
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(list, &freeaddrinfo);
    switch (code) {
        case 0:
            break;
        case EAI_NODATA:
            return std::vector<Endpoint>();
        case EAI_NONAME:
            return no_such_name(name, std::nullopt);
        default:
            return no_answer(name, std::nullopt, gai_strerror(code));
    }
    std::vector<Endpoint> addresses;
    for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
        const auto address = endpoint_of(*each->ai_addr);
        if (address && !address->is_unspecified()) addresses.push_back(*address);
    }
    return addresses;
}

Result<std::vector<Endpoint>> ask_server(const Endpoint& server, const std::string& name,
                                         std::optional<Family> family) {
    Resolver resolver(server);
    std::vector<Endpoint> addresses;
    std::optional<Error> complaint;
    for (const Family each : {Family::Ipv4, Family::Ipv6}) {
        if (family && *family != each) continue;
        const auto answer = resolver.ask(name, each == Family::Ipv4 ? ns_t_a : ns_t_aaaa);
        if (!answer) {
            complaint = answer.error();
            continue;
        }
        addresses.insert(addresses.end(), answer->addresses.begin(), answer->addresses.end());
    }
    if (addresses.empty() && complaint) return tl::unexpected(*complaint);
    return addresses;
}

}  // namespace

Result<std::vector<Endpoint>> look_up_addresses(const NameSource& source, const std::string& name,
                                                std::optional<Family> family) {
    const auto answer = until(source.end, [server = source.server, name, family] {
        return server ? ask_server(*server, name, family) : ask_system(name, family);
    });
    return answer ? *answer : no_answer(name, source.server, "it takes too long");
}

Result<std::vector<Service>> look_up_services(const NameSource& source, const std::string& name) {
    const auto answer = until(source.end, [server = source.server, name] {
        return Resolver(server).ask(name, ns_t_srv);
    });
    if (!answer) return no_answer(name, source.server, "it takes too long");
    return answer->map([](DnsAnswer found) {
        sort_best_last(found.services);
        return std::move(found.services);
    });
}

}  // namespace scrimp::helpers
