#include "service/admission.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "service/metadata.h"

namespace scrimp::service {
namespace {

constexpr std::int64_t now = 1795457551;

Endpoint at(const char* address) {
    return *parse_ip(address, 9999);
}

Application application(const char* domain, int port = 443) {
    return *parse_application(*parse_json(R"({"name":"web","listen-port":)" + std::to_string(port) +
                                          R"(,"application-port":8080,"protocol":"http",)" +
                                          R"("domains":[")" + domain + "\"]}"));
}

PermitKey secret(std::uint8_t first) {
    PermitKey key{};
    key[0] = first;
    return key;
}

std::string signed_by(const PermitKey& key, const Permit& permit) {
    return *sign_permit(permit, key);
}

/// Why `name` may not announce that; empty if it may.
std::string refusal(Admission& admission, const std::string& name, const char* address,
                    const std::string& permit, const Application& what, std::int64_t when = now) {
    const Gate gate = admission.gate_for(name, at(address), permit, when);
    return gate.closed() ? *gate.closed() : gate.refusal(what).value_or("");
}

}  // namespace

TEST(Pattern, stands_for_any_characters) {
    EXPECT_TRUE(matches("b*", "b1"));
    EXPECT_TRUE(matches("b*", "b"));
    EXPECT_TRUE(matches("*", ""));
    EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
    EXPECT_TRUE(matches("b?", "b1"));
    EXPECT_FALSE(matches("b?", "b"));
    EXPECT_FALSE(matches("b*", "ab"));
    EXPECT_FALSE(matches("", "a"));
    EXPECT_FALSE(matches("a*b", "a-b-c"));
    EXPECT_TRUE(matches("*.example.com", "shop.eu.example.com"));
    EXPECT_FALSE(matches("*.example.com", "example.com"));
    EXPECT_FALSE(matches("*.example.com", "badexample.com"));
    // The worst case is a product, not a power.
    EXPECT_FALSE(matches("*a*a*a*a*a*a*a*a*b", std::string(255, 'a')));
}

TEST(Pattern, gives_a_whole_zone_only_by_a_star) {
    EXPECT_TRUE(matches("*.example.com", "*.example.com"));
    EXPECT_TRUE(matches("*.example.com", "*.shop.example.com"));
    EXPECT_FALSE(matches("*.shop.example.com", "*.example.com"));
    EXPECT_FALSE(matches("?.example.com", "*.example.com"));
    EXPECT_FALSE(matches("a*.example.com", "*.example.com"));
}

TEST(Grant, bounds_ports_and_domains) {
    const Grant grant{{"*.example.com", "example.org"}, {{443, 443}, {8000, 8999}}};
    EXPECT_EQ(beyond(grant, application("a.example.com")), std::nullopt);
    EXPECT_EQ(beyond(grant, application("example.org", 8500)), std::nullopt);
    EXPECT_EQ(beyond(grant, application("example.net")), "domain 'example.net' is not granted");
    EXPECT_EQ(beyond(grant, application("a.example.com", 80)), "listen-port 80 is not granted");
    EXPECT_EQ(beyond({}, application("anything.test", 1)), std::nullopt);
    EXPECT_EQ(*parse_port_range("8000-8999"), (PortRange{8000, 8999}));
    EXPECT_EQ(*parse_port_range("443"), (PortRange{443, 443}));
    for (const char* text : {"", "-", "0", "9-8", "1-70000", "a"}) {
        EXPECT_FALSE(parse_port_range(text)) << text;
    }
}

TEST(Admission, admits_everybody_unless_told_otherwise) {
    Admission admission({});
    EXPECT_EQ(refusal(admission, "b1", "10.0.0.7", "", application("a.test")), "");
    EXPECT_EQ(refusal(admission, "b1", "10.0.0.7", "v1.what.ever", application("a.test")), "");
}

TEST(Admission, goes_by_the_first_rule_that_names_the_node) {
    Admission admission(
        {.rules = {{{"shop-*"}, {*parse_network("10.1.0.0/16")}, {{"shop.test"}, {}}},
                   {{}, {*parse_network("10.0.0.0/8")}, {{"*.open.test"}, {}}}}});
    EXPECT_EQ(refusal(admission, "shop-1", "10.1.0.7", "", application("shop.test")), "");
    EXPECT_EQ(refusal(admission, "shop-1", "10.1.0.7", "", application("a.open.test")),
              "admission: domain 'a.open.test' is not granted by its rule");
    EXPECT_EQ(refusal(admission, "shop-1", "10.2.0.7", "", application("a.open.test")), "");
    EXPECT_EQ(refusal(admission, "b1", "10.0.0.7", "", application("shop.test")),
              "admission: domain 'shop.test' is not granted by its rule");
    EXPECT_EQ(refusal(admission, "b1", "192.168.0.7", "", application("a.open.test")),
              "admission: no rule names it at 192.168.0.7");
}

TEST(Permit, is_believed_if_the_operator_signed_it) {
    const Permit permit{
        "b*", {*parse_network("10.0.0.0/8")}, {{"*.example.com"}, {{443, 443}}}, now + 10};
    const std::string text = signed_by(secret(1), permit);
    EXPECT_TRUE(is_permit_text(text));
    EXPECT_EQ(*read_permit(text), permit);
    Admission admission({.permit_keys = {public_key_of(secret(2)), public_key_of(secret(1))},
                         .require_permit = true});
    const Application good = application("a.example.com");
    EXPECT_EQ(refusal(admission, "b1", "10.0.0.7", text, good), "");
    EXPECT_EQ(refusal(admission, "b1", "10.0.0.7", text, good), "") << "the second time, too";
    EXPECT_EQ(refusal(admission, "c1", "10.0.0.7", text, good), "permit: it is for nodes named b*");
    EXPECT_EQ(refusal(admission, "b1", "11.0.0.7", text, good),
              "permit: it is for other networks than that of 11.0.0.7");
    EXPECT_EQ(refusal(admission, "b1", "10.0.0.7", text, good, now + 10), "permit: it has expired");
    EXPECT_EQ(refusal(admission, "b1", "10.0.0.7", text, application("example.com")),
              "permit: domain 'example.com' is not granted by the permit it presents");
    EXPECT_EQ(refusal(admission, "b1", "10.0.0.7", "", good),
              "permit: it presents none, and require-permit is set");
    EXPECT_EQ(refusal(admission, "b1", "10.0.0.7", signed_by(secret(3), permit), good),
              "permit: the one that it presents is signed by none of the keys in "
              "permit-public-keys");
    EXPECT_EQ(admission.gate_for("b1", at("10.0.0.7"), text, now).expires(), now + 10);
}

TEST(Permit, is_worth_nothing_if_a_letter_of_it_is_changed) {
    const std::string text = signed_by(secret(1), {"b*", {}, {{"*.example.com"}, {}}});
    const PermitKey keys[] = {public_key_of(secret(1))};
    ASSERT_TRUE(verify_permit(text, keys));
    for (std::size_t i = 0; i < text.size(); i += 7) {
        std::string changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(verify_permit(changed, keys)) << changed;
        EXPECT_FALSE(verify_permit(text.substr(0, i), keys));
    }
}

TEST(Permit, grants_nothing_by_what_is_not_understood) {
    for (const char* text :
         {"", "v1.", "v1..", "v2.e30=.e30=", "v1.e30=.e30=", "v1.!!!!.e30=", "v1.e30="}) {
        EXPECT_FALSE(read_permit(text)) << text;
    }
}

TEST(Permit, has_bounds) {
    Permit permit{"b*"};
    permit.grant.domains.assign(30, "a-rather-long-domain.example.com");
    EXPECT_FALSE(sign_permit(permit, secret(1)).has_value());
}

TEST(PermitKey, is_read_as_it_is_printed) {
    const PermitKey key = public_key_of(secret(9));
    EXPECT_EQ(*parse_permit_key(permit_key_text(key)), key);
    for (const char* text : {"", "AAAA", "not base64 at all", "===="}) {
        EXPECT_FALSE(parse_permit_key(text)) << text;
    }
}

/// RFC 8032, 7.1, test 1: so that other programs can make our keys and check our permits.
TEST(PermitKey, is_of_ed25519) {
    PermitKey seed;
    PermitKey expected;
    constexpr std::string_view seed_hex =
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    constexpr std::string_view public_hex =
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    for (std::size_t i = 0; i < seed.size(); ++i) {
        const auto byte = [i](std::string_view hex) {
            return static_cast<std::uint8_t>(
                std::stoul(std::string(hex.substr(2 * i, 2)), nullptr, 16));
        };
        seed[i] = byte(seed_hex);
        expected[i] = byte(public_hex);
    }
    EXPECT_EQ(public_key_of(seed), expected);
}

}  // namespace scrimp::service
