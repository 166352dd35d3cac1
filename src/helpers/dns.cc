// The store and the resolver `dns`: seeds from the records of a name, and our own address from our
// own name. The DNS is written to by others, so there is nothing to publish.

#include <algorithm>

#include "base/printable.h"
#include "helpers/dns_lookup.h"
#include "helpers/rows.h"
#include "seed/document.h"

namespace scrimp::helpers {
namespace {

constexpr std::uint16_t gossip_port = 9999;
constexpr std::uint16_t dns_port = 53;
constexpr std::size_t value_chars_max = 300;
/// What Debian enters in /etc/hosts beside the host's own name.
constexpr std::string_view debian_own_name = "127.0.1.1";

std::chrono::steady_clock::time_point end_in(Settings& settings) {
    return std::chrono::steady_clock::now() + settings.budget();
}

/// `server`: "10.0.0.2", "10.0.0.2:5353", "[fd00::2]:5353".
std::optional<Endpoint> server_in(Settings& settings) {
    const std::string text = settings.text("server");
    if (text.empty()) return std::nullopt;
    if (const auto address = parse_ip(text, dns_port)) return *address;
    if (const auto endpoint = parse_endpoint(text)) return *endpoint;
    settings.refuse("server", "'" + printable(text, value_chars_max) +
                                  "' is neither an IP address nor IP:port");
    return std::nullopt;
}

bool wants_services(Settings& settings, const std::string& name) {
    const std::string type = settings.text("type", "auto");
    if (type == "auto") return name.starts_with('_');
    if (type != "srv" && type != "a") {
        settings.refuse("type", "'" + printable(type, value_chars_max) +
                                    "' is neither 'auto' nor 'a' nor 'srv'");
    }
    return type == "srv";
}

void add(std::vector<Endpoint>& seeds, Endpoint address, std::uint16_t port) {
    address.port = port;
    if (seeds.size() < seed::seeds_max && std::ranges::find(seeds, address) == seeds.end()) {
        seeds.push_back(address);
    }
}

Result<std::vector<Endpoint>> seeds_of_services(const NameSource& source, const std::string& name) {
    const auto services = look_up_services(source, name);
    if (!services) return tl::unexpected(services.error());
    std::vector<Endpoint> seeds;
    std::optional<Error> complaint;
    // Of too many the best are kept, which stand last.
    const std::size_t skipped = services->size() - std::min(services->size(), seed::seeds_max);
    for (auto service = services->begin() + static_cast<std::ptrdiff_t>(skipped);
         service != services->end(); ++service) {
        const auto addresses = look_up_addresses(source, service->target, std::nullopt);
        if (!addresses) {
            complaint = addresses.error();
            continue;
        }
        for (const Endpoint& address : *addresses) add(seeds, address, service->port);
    }
    if (seeds.empty() && complaint) return tl::unexpected(*complaint);
    return seeds;
}

}  // namespace

Result<seed::HelperAnswer> fetch_dns(const seed::HelperRequest& request) {
    Settings settings(request.config);
    const std::string name = settings.required_text("name");
    const std::uint16_t port = settings.port("port", gossip_port);
    const bool services = wants_services(settings, name);
    const NameSource source{.server = server_in(settings), .end = end_in(settings)};
    if (settings.fault()) return tl::unexpected(*settings.fault());
    if (services) {
        return seeds_of_services(source, name).map([](std::vector<Endpoint> seeds) {
            return seed::HelperAnswer{.seeds = std::move(seeds)};
        });
    }
    return look_up_addresses(source, name, std::nullopt)
        .map([&](const std::vector<Endpoint>& addresses) {
            seed::HelperAnswer answer;
            for (const Endpoint& address : addresses) add(answer.seeds, address, port);
            return answer;
        });
}

Result<seed::HelperAnswer> resolve_dns(const seed::HelperRequest& request) {
    Settings settings(request.config);
    const std::string name = settings.required_text("name");
    const std::optional<Family> family = settings.family();
    const NameSource source{.server = server_in(settings), .end = end_in(settings)};
    if (settings.fault()) return tl::unexpected(*settings.fault());
    const auto addresses = look_up_addresses(source, name, family);
    if (!addresses) return tl::unexpected(addresses.error());
    const std::string quoted = "'" + printable(name, value_chars_max) + "'";
    if (addresses->empty()) {
        return fail("name: " + quoted + " has no " +
                    (family ? std::string(name_of(*family)) + " address" : "address"));
    }
    // Name servers turn the order of several about; IPv4 before IPv6, and the smallest, stays the
    // same for as long as they do. (IPv4 is held as ::ffff:a.b.c.d.)
    const auto chosen = *std::ranges::min_element(*addresses, {}, [](const Endpoint& address) {
        return std::pair(!address.is_ipv4(), address.ip);
    });
    if (chosen.ip_text() == debian_own_name) {
        return fail("name: " + quoted +
                    " is 127.0.1.1, which Debian enters in /etc/hosts for the "
                    "host itself and nobody else reaches; enter its real address there");
    }
    return seed::HelperAnswer{.address = chosen};
}

}  // namespace scrimp::helpers
