#include "helpers/metadata.h"

#include <gtest/gtest.h>

#include "helpers/clouds.h"

namespace scrimp::helpers {
namespace {

std::string text_of(const Result<std::optional<Endpoint>>& address) {
    if (!address) return "error: " + address.error().message;
    return *address ? (*address)->ip_text() : "none";
}

std::string parsed(std::string_view text, Family family = Family::Ipv4) {
    return text_of(parse_metadata_address(text, family));
}

TEST(MetadataAddress, is_the_first_word_of_the_answer) {
    EXPECT_EQ(parsed("10.0.0.5"), "10.0.0.5");
    EXPECT_EQ(parsed("\r\n 10.0.0.5 \n10.0.0.6\n"), "10.0.0.5");
    EXPECT_EQ(parsed("2001:db8::5\n", Family::Ipv6), "2001:db8::5");
    EXPECT_EQ(parsed(""), "none");
    EXPECT_EQ(parsed(" \r\n\t"), "none");
}

TEST(MetadataAddress, is_of_the_family_asked_for_and_somewhere) {
    for (const char* text : {"2001:db8::5", "0.0.0.0", "10.0.0", "host", "10.0.0.5:80"}) {
        EXPECT_TRUE(parsed(text).starts_with("error: ")) << text;
    }
    EXPECT_TRUE(parsed("10.0.0.5", Family::Ipv6).starts_with("error: "));
    EXPECT_TRUE(parsed("::", Family::Ipv6).starts_with("error: "));
}

TEST(MetadataAddress, is_quoted_printable_and_short_if_it_is_none) {
    const std::string said = parsed("\x1b[2J" + std::string(100'000, 'x'));
    EXPECT_NE(said.find("\\x1b[2Jxxx"), std::string::npos) << said;
    EXPECT_LT(said.size(), 200U);
}

TEST(GcpAddress, is_the_interfaces_own_or_its_external_one) {
    constexpr std::string_view interface = R"({"ip":"10.128.0.2","ipv6s":["2600:1900::5"],
        "accessConfigs":[{"externalIp":"203.0.113.7","type":"ONE_TO_ONE_NAT"}]})";
    EXPECT_EQ(text_of(gcp_address(interface, Family::Ipv4, Scope::Private)), "10.128.0.2");
    EXPECT_EQ(text_of(gcp_address(interface, Family::Ipv4, Scope::Public)), "203.0.113.7");
    EXPECT_EQ(text_of(gcp_address(interface, Family::Ipv6, Scope::Public)), "2600:1900::5");
}

TEST(GcpAddress, is_none_where_the_description_has_none) {
    for (const char* interface :
         {"{}", R"({"accessConfigs":[],"ipv6s":[]})", R"({"accessConfigs":[{"externalIp":""}]})",
          R"({"accessConfigs":[7],"ipv6s":7,"ip":7})",
          R"({"accessConfigs":{"a":1},"ipv6s":[7]})"}) {
        for (const Family family : {Family::Ipv4, Family::Ipv6}) {
            for (const Scope scope : {Scope::Private, Scope::Public}) {
                EXPECT_EQ(text_of(gcp_address(interface, family, scope)), "none") << interface;
            }
        }
    }
    EXPECT_FALSE(gcp_address("[]", Family::Ipv4, Scope::Private));
    EXPECT_FALSE(gcp_address("10.128.0.2", Family::Ipv4, Scope::Private));
}

TEST(HetznerAddress, is_that_of_the_first_private_network) {
    EXPECT_EQ(hetzner_private_address("- ip: 10.0.0.2\n  alias_ips: []\n- ip: 10.1.0.2\n"),
              "10.0.0.2");
    EXPECT_EQ(hetzner_private_address("- alias_ips: [10.0.0.9]\n  ip: '10.0.0.2'\r\n"), "10.0.0.2");
    EXPECT_EQ(hetzner_private_address("- ip: \"10.0.0.2\""), "10.0.0.2");
}

TEST(HetznerAddress, is_none_without_a_network) {
    for (const char* networks : {"", "[]\n", "- alias_ips:\n", "- ip:\n", "- zip: 1\n", "ip"}) {
        EXPECT_EQ(hetzner_private_address(networks), "") << networks;
    }
}

TEST(Metadata, says_why_nobody_answers) {
    MetadataSettings settings;
    settings.endpoint = "ftp://169.254.169.254";
    settings.budget = std::chrono::seconds{5};
    const auto answer = Metadata("a cloud", settings).ask("GET", "/", {});
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().message.find("(the URL cannot be used"), std::string::npos)
        << answer.error().message;
}

TEST(ChooseFamily, prefers_ipv4_and_asks_no_further) {
    MetadataSettings settings;
    std::string asked;
    const auto ask = [&](Family family) -> Result<std::optional<Endpoint>> {
        asked += family == Family::Ipv4 ? '4' : '6';
        return family == Family::Ipv4 ? std::optional(*parse_ip("10.0.0.5")) : std::nullopt;
    };
    EXPECT_EQ(choose_family("here", settings, ask)->address, *parse_ip("10.0.0.5"));
    EXPECT_EQ(asked, "4");
    settings.family = Family::Ipv6;
    const auto none = choose_family("here", settings, ask);
    ASSERT_FALSE(none);
    EXPECT_EQ(asked, "46");
    EXPECT_EQ(none.error().message,
              "here knows no private IPv6 address of this machine; give it one, or change 'scope' "
              "or 'family'");
}

}  // namespace
}  // namespace scrimp::helpers
