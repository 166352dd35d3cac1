#include "base/network.h"

#include <gtest/gtest.h>

#include <vector>

namespace scrimp {
namespace {

std::string why_not(std::string_view text) {
    const auto network = parse_network(text);
    return network ? "taken as " + network->text() : network.error().message;
}

TEST(Network, is_read_as_it_is_written) {
    for (const char* text : {"10.0.0.0/8", "10.1.2.3/32", "0.0.0.0/0", "fd00::/8", "::/0",
                             "2001:db8::1/128", "192.168.4.128/25"}) {
        EXPECT_EQ(why_not(text), std::string("taken as ") + text);
    }
}

TEST(Network, that_is_none_is_refused_with_the_remedy) {
    EXPECT_EQ(why_not("10.0.0.5"),
              "'10.0.0.5' is an address; as a network of its own it is 10.0.0.5/32");
    EXPECT_EQ(why_not("10.0.0.5/8"),
              "'10.0.0.5/8' has bits set after its prefix; did you mean 10.0.0.0/8?");
    EXPECT_EQ(why_not("10.0.0.0/33"),
              "'10.0.0.0/33' has no prefix length from 0 to 32 after the slash");
    for (const char* text : {"10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/+8"}) {
        EXPECT_TRUE(why_not(text).ends_with("after the slash")) << why_not(text);
    }
    for (const char* text : {"", "/", "lan", "[fd00::]/8", "10.0/8"}) {
        EXPECT_TRUE(why_not(text).ends_with("write one as 10.0.0.0/8 or fd00::/8")) << text;
    }
}

// memberlist's table Test_IsValidAddressOverride (config_test.go).
TEST(Network, allows_the_addresses_that_memberlist_allows) {
    struct Case {
        std::vector<std::string> allow;
        std::vector<std::string> inside;
        std::vector<std::string> outside;
    };
    const std::vector<Case> cases{
        {{}, {"127.0.0.5", "10.0.0.9", "192.168.1.7", "::1"}, {}},
        {{"0.0.0.0/0"},
         {"127.0.0.5", "10.0.0.9", "192.168.1.7"},
         {"fe80::38bc:4dff:fe62:b1ae", "::1"}},
        {{"::0/0"}, {"fe80::38bc:4dff:fe62:b1ae", "::1"}, {"127.0.0.5", "10.0.0.9", "192.168.1.7"}},
        {{"::1/128", "127.0.0.0/8"},
         {"127.0.0.5", "::1"},
         {"::2", "178.250.0.187", "10.0.0.9", "192.168.1.7", "fe80::38bc:4dff:fe62:b1ae"}},
    };
    for (const Case& each : cases) {
        std::vector<Network> networks;
        for (const std::string& text : each.allow) networks.push_back(parse_network(text).value());
        for (const std::string& text : each.inside) {
            EXPECT_TRUE(is_allowed(parse_ip(text, 7946).value(), networks)) << text;
        }
        for (const std::string& text : each.outside) {
            EXPECT_FALSE(is_allowed(parse_ip(text, 7946).value(), networks)) << text;
        }
    }
}

TEST(Network, ends_where_its_prefix_says) {
    const Network network = parse_network("192.168.4.128/25").value();
    EXPECT_TRUE(network.contains(parse_ip("192.168.4.128").value()));
    EXPECT_TRUE(network.contains(parse_ip("192.168.4.255").value()));
    EXPECT_FALSE(network.contains(parse_ip("192.168.4.127").value()));
    EXPECT_FALSE(network.contains(parse_ip("192.168.5.128").value()));
}

}  // namespace
}  // namespace scrimp
