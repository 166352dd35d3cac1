#include "providers/addresses.h"

#include <gtest/gtest.h>

namespace scrimp::providers {
namespace {

InterfaceAddress on(const char* interface, const char* address, bool up = true) {
    const Endpoint endpoint = *parse_ip(address);
    return {.interface = interface,
            .address = endpoint,
            .up = up,
            .loopback = endpoint.is_loopback(),
            .global = is_global(endpoint)};
}

const std::vector<InterfaceAddress> host{
    on("lo", "127.0.0.1"),  on("down0", "192.0.2.1", false), on("eth0", "169.254.1.1"),
    on("eth0", "10.0.0.5"), on("eth1", "10.0.1.5"),          on("lo", "::1"),
    on("eth0", "fe80::1"),  on("eth0", "fd00::5"),           on("eth1", "2001:db8::5"),
    on("tun0", "fe80::2"),
};

std::string text_of(const Result<Endpoint>& address) {
    return address ? address->ip_text() : address.error().message;
}

TEST(Addresses, count_as_global_if_another_host_could_use_them) {
    for (const char* text : {"10.0.0.1", "192.168.1.1", "203.0.113.1", "fd00::1", "2001:db8::1"}) {
        EXPECT_TRUE(is_global(*parse_ip(text))) << text;
    }
    for (const char* text : {"127.0.0.1", "0.0.0.0", "169.254.0.1", "224.0.0.1", "239.1.2.3",
                             "255.255.255.255", "::", "::1", "fe80::1", "febf::1", "ff02::1"}) {
        EXPECT_FALSE(is_global(*parse_ip(text))) << text;
    }
}

TEST(Addresses, are_chosen_by_family_from_interfaces_that_are_up) {
    EXPECT_EQ(text_of(choose_address(host, Family::Ipv4)), "10.0.0.5");
    EXPECT_EQ(text_of(choose_address(host, Family::Ipv6)), "fd00::5");
    EXPECT_EQ(text_of(choose_address(host, Family::Any)), "10.0.0.5");
}

TEST(Addresses, that_do_not_suffice_are_listed) {
    const std::vector<InterfaceAddress> poor{host[0], host[1]};
    EXPECT_EQ(text_of(choose_address(poor, Family::Ipv6)),
              "no interface that is up has a global IPv6 address; found: lo 127.0.0.1, "
              "down0 192.0.2.1 (down)");
    EXPECT_EQ(text_of(choose_address({}, Family::Any)),
              "no interface that is up has a global address; found: none");
}

TEST(Addresses, are_chosen_by_interface) {
    EXPECT_EQ(text_of(choose_address_of(host, "eth1", Family::Any)), "10.0.1.5");
    EXPECT_EQ(text_of(choose_address_of(host, "eth1", Family::Ipv6)), "2001:db8::5");
    EXPECT_EQ(text_of(choose_address_of(host, "eth0", Family::Any)), "10.0.0.5");
}

TEST(Addresses, of_the_loopback_interface_are_taken_by_who_names_it) {
    EXPECT_EQ(text_of(choose_address_of(host, "lo", Family::Any)), "127.0.0.1");
    EXPECT_EQ(text_of(choose_address_of(host, "lo", Family::Ipv6)), "::1");
}

TEST(Addresses, are_refused_with_a_remedy_when_the_interface_has_none) {
    EXPECT_TRUE(text_of(choose_address_of(host, "ehh1", Family::Any))
                    .starts_with("interface: no interface 'ehh1'; did you mean 'eth1'? (found: "));
    EXPECT_TRUE(text_of(choose_address_of(host, "tun0", Family::Any))
                    .starts_with("interface: 'tun0' has no address that others could use"));
    EXPECT_TRUE(text_of(choose_address_of(host, "down0", Family::Ipv4))
                    .starts_with("interface: 'down0' has no IPv4 address that others could use"));
}

}  // namespace
}  // namespace scrimp::providers
