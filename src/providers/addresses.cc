#include "providers/addresses.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/suggest.h"
#include "providers/rows.h"
#include "providers/settings.h"

namespace scrimp::providers {
namespace {

bool is_link_local(const Endpoint& address) {
    if (address.is_ipv4()) return address.ip[12] == 169 && address.ip[13] == 254;
    return address.ip[0] == 0xfe && (address.ip[1] & 0xc0) == 0x80;
}

bool is_multicast_or_broadcast(const Endpoint& address) {
    return address.is_ipv4()
               ? address.ip[12] >= 224 && (address.ip[12] < 240 || address.ip[12] == 255)
               : address.ip[0] == 0xff;
}

bool fits(const InterfaceAddress& each, Family family) {
    return each.up && (family == Family::Any || each.address.is_ipv4() == (family == Family::Ipv4));
}

std::string_view name_of(Family family) {
    switch (family) {
        case Family::Ipv4:
            return "IPv4 address";
        case Family::Ipv6:
            return "IPv6 address";
        case Family::Any:
            break;
    }
    return "address";
}

/// "lo 127.0.0.1, eth0 10.0.0.5 (down)", at most a screenful.
std::string list_of(std::span<const InterfaceAddress> addresses) {
    constexpr std::size_t listed_max = 16;
    std::string text;
    for (const InterfaceAddress& each : addresses.first(std::min(addresses.size(), listed_max))) {
        if (!text.empty()) text += ", ";
        text += each.interface + " " + each.address.ip_text() + (each.up ? "" : " (down)");
    }
    if (addresses.size() > listed_max) text += ", …";
    return text.empty() ? "none" : text;
}

template <class Predicate>
Result<Endpoint> first_of(std::span<const InterfaceAddress> addresses, Predicate wanted,
                          const std::string& complaint) {
    const auto found = std::ranges::find_if(addresses, wanted);
    if (found == addresses.end()) return fail(complaint + "; found: " + list_of(addresses));
    return found->address;
}

Result<Family> read_family(const Json& config) {
    const auto text = optional_text(config, "family");
    if (!text) return tl::unexpected(text.error());
    if (!*text) return Family::Any;
    if (**text == "ipv4") return Family::Ipv4;
    if (**text == "ipv6") return Family::Ipv6;
    return fail("family: '" + **text + "' is neither 'ipv4' nor 'ipv6'");
}

struct InterfaceSettings {
    std::string interface;
    Family family;
};

Result<InterfaceSettings> read_interface(const Json& config) {
    constexpr std::array<std::string_view, 2> keys{"interface", "family"};
    if (const auto good = check_keys(config, keys); !good) return tl::unexpected(good.error());
    const auto interface = required_text(config, "interface");
    if (!interface) return tl::unexpected(interface.error());
    const auto family = read_family(config);
    if (!family) return tl::unexpected(family.error());
    return InterfaceSettings{*interface, *family};
}

/// A source that chooses anew from what the kernel lists each time.
template <class Choice>
std::unique_ptr<AddressSource> make_chooser(Choice choose, boost::asio::io_context& loop) {
    return make_source(
        [choose = std::move(choose)]() -> Result<Endpoint> {
            const auto addresses = enumerate_network();
            if (!addresses) return tl::unexpected(addresses.error());
            return choose(*addresses);
        },
        loop);
}

OpenSourceResult open_family(const Json& config, Family family, boost::asio::io_context& loop) {
    if (const auto good = check_keys(config, {}); !good) return tl::unexpected(good.error());
    return make_chooser([family](const auto& all) { return choose_address(all, family); }, loop);
}

}  // namespace

bool is_global(const Endpoint& address) {
    return !address.is_loopback() && !address.is_unspecified() && !is_link_local(address) &&
           !is_multicast_or_broadcast(address);
}

Result<Endpoint> choose_address(std::span<const InterfaceAddress> addresses, Family family) {
    return first_of(
        addresses, [&](const InterfaceAddress& each) { return each.global && fits(each, family); },
        "no interface that is up has a global " + std::string(name_of(family)));
}

Result<Endpoint> choose_address_of(std::span<const InterfaceAddress> addresses,
                                   std::string_view interface, Family family) {
    const auto is_ours = [&](const InterfaceAddress& each) { return each.interface == interface; };
    if (std::ranges::none_of(addresses, is_ours)) {
        std::vector<std::string_view> names;
        for (const InterfaceAddress& each : addresses) names.push_back(each.interface);
        std::string message = "interface: no interface '" + std::string(interface) + "'";
        if (const auto meant = nearest(interface, names)) {
            message += "; did you mean '" + std::string(*meant) + "'?";
        }
        return fail(message + " (found: " + list_of(addresses) + ")");
    }
    const auto global = std::ranges::find_if(addresses, [&](const InterfaceAddress& each) {
        return is_ours(each) && each.global && fits(each, family);
    });
    if (global != addresses.end()) return global->address;
    return first_of(
        addresses,
        [&](const InterfaceAddress& each) {
            return is_ours(each) && each.address.is_loopback() && fits(each, family);
        },
        "interface: '" + std::string(interface) + "' has no " + std::string(name_of(family)) +
            " that others could use");
}

OpenSourceResult open_ipv4_source(const Json& config, boost::asio::io_context& loop) {
    return open_family(config, Family::Ipv4, loop);
}

OpenSourceResult open_ipv6_source(const Json& config, boost::asio::io_context& loop) {
    return open_family(config, Family::Ipv6, loop);
}

OpenSourceResult open_interface_source(const Json& config, boost::asio::io_context& loop) {
    const auto settings = read_interface(config);
    if (!settings) return tl::unexpected(settings.error());
    return make_chooser(
        [settings = *settings](const auto& all) {
            return choose_address_of(all, settings.interface, settings.family);
        },
        loop);
}

}  // namespace scrimp::providers
