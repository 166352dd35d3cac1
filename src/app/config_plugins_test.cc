#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "app/config.h"

namespace scrimp::app {
namespace {

Result<Config> parse(std::string_view text) {
    return parse_config(text, "scrimp.json",
                        {.host_name = "host1", .state_directory = "", .read_directory = {}});
}

std::string refusal(const Result<Config>& config) {
    return config ? "accepted" : config.error().message;
}

TEST(PlugIns, reads_a_list_of_providers) {
    const auto with = [](const std::string& members) {
        return parse(R"({"lb":true,"resolver":"dummy",)" + members + "}");
    };
    const auto config = with(R"("providers":[{"provider":"Manual","provider-config":{"ip":"::1"}},
                                             {"provider":"dummy"}])");
    ASSERT_TRUE(config) << config.error().message;
    ASSERT_EQ(config->providers.size(), 2u);
    EXPECT_EQ(config->providers[0].name, "manual");
    EXPECT_EQ(config->providers[0].config.dump(), R"({"ip":"::1"})");
    EXPECT_EQ(config->providers[1].name, "dummy");
    EXPECT_TRUE(with(R"("providers":[])")->providers.empty());
    EXPECT_EQ(refusal(with(R"("provider":"dummy","providers":[{"provider":"dummy"}])")),
              "scrimp.json: providers: stands beside 'provider' or 'provider-config'; move them "
              "into the list");
    EXPECT_EQ(refusal(with(R"("providers":["dummy",{},{"provider":"manual",
                              "provider-config":{"ipp":1}},{"provider":"dummy","more":1}])")),
              "scrimp.json: providers[0]: must be an object with 'provider' and "
              "'provider-config', not a string\n"
              "scrimp.json: providers[1].provider: required, and missing\n"
              "scrimp.json: providers[2].provider-config.ipp: unknown key; did you mean 'ip'?\n"
              "scrimp.json: providers[3].more: unknown key");
    std::string many = R"("providers":[{})";
    for (int i = 0; i < 16; ++i) many += ",{}";
    EXPECT_EQ(refusal(with(many + "]")), "scrimp.json: providers: has 17 entries, the most is 16");
}

TEST(PlugIns, checks_the_provider_config) {
    EXPECT_TRUE(refusal(parse(R"({"lb":true,"resolver":"ipv6","provider":"manual",
                                  "provider-config":{"ipp":"10.0.0.1"}})"))
                    .starts_with("scrimp.json: provider-config.ipp: unknown key"));
    EXPECT_TRUE(refusal(parse(R"({"lb":true,"resolver":"ipv6","provider":"manual"})"))
                    .starts_with("scrimp.json: provider-config.ip: "));
}

TEST(PlugIns, keep_a_balancer_from_one_publication_to_the_next) {
    const auto with = [](const std::string& period, const std::string& members) {
        return parse(R"({"lb":true,"resolver":"dummy","load-balancer-config":{"push-period":")" +
                     period + R"(","jitter":"5s"},)" + members + "}");
    };
    const std::string file = R"("provider":"file","provider-config":{"path":"seeds")";
    const auto expiry = [](const Result<Config>& config) {
        return config ? config->providers.at(0).config.dump() : config.error().message;
    };
    EXPECT_EQ(expiry(with("60s", file + "}")), R"({"path":"seeds"})") << "the default will do";
    EXPECT_EQ(expiry(with("1h", file + "}")), R"({"expiry":"10815s","path":"seeds"})");
    EXPECT_EQ(expiry(with("60s", file + R"(,"expiry":"195s"})")),
              R"({"expiry":"195s","path":"seeds"})");
    EXPECT_EQ(expiry(with("60s", file + R"(,"expiry":"3m"})")),
              "scrimp.json: provider-config.expiry: '3m' is below 195s, three times push-period "
              "and jitter together, and the node would be forgotten while it lives; raise it, or "
              "push more often");
    const std::string list = R"("providers":[{"provider":"dummy"},{"provider":"http",
        "provider-config":{"url":"http://a/","expiry":"3m","publish":)";
    EXPECT_TRUE(refusal(with("60s", list + "true}}]"))
                    .starts_with("scrimp.json: providers[1].provider-config.expiry: '3m' is"));
    EXPECT_EQ(refusal(with("60s", list + "false}}]")), "accepted") << "others publish there";
}

TEST(PlugIns, leave_the_expiry_of_a_backend_alone) {
    EXPECT_EQ(refusal(parse(R"({"provider":"file",
                                "provider-config":{"path":"seeds","expiry":"1s"},
                                "backend-config":{"applications":[{"name":"shop",
                                    "listen-port":443,"application-port":8080,"protocol":"http",
                                    "domains":["shop.example"]}]}})")),
              "accepted");
}

TEST(PlugIns, checks_the_resolver_config) {
    const auto resolver = [](const std::string& members) {
        return refusal(parse(R"({"lb":true,"provider":"dummy",)" + members + "}"));
    };
    EXPECT_EQ(resolver(R"("resolver":"static","resolver-config":{"adress":"10.0.0.7"})"),
              "scrimp.json: resolver-config.adress: unknown key; did you mean 'address'?");
    EXPECT_EQ(resolver(R"("resolver":"static")"),
              "scrimp.json: resolver-config.address: required, and missing");
    EXPECT_EQ(resolver(R"("resolver":"static","resolver-config":{"address":"host"})"),
              "scrimp.json: resolver-config.address: 'host' is not an IP address");
    EXPECT_EQ(resolver(R"("resolver":"interface",
                          "resolver-config":{"interface":"eth0","familly":"ipv4"})"),
              "scrimp.json: resolver-config.familly: unknown key; did you mean 'family'?");
    EXPECT_EQ(resolver(R"("resolver":"interface","resolver-config":{"family":"ipv4"})"),
              "scrimp.json: resolver-config.interface: required, and missing");
    EXPECT_EQ(resolver(R"("resolver":"ipv4","resolver-config":{"address":"10.0.0.7"})"),
              "scrimp.json: resolver-config.address: unknown key");
    // An interface may come up later; that it is not there now is no mistake of the file.
    EXPECT_EQ(resolver(R"("resolver":"interface","resolver-config":{"interface":"no-such0"})"),
              "accepted");
    EXPECT_EQ(resolver(R"("resolver":"ec2","resolver-config":{"anything":1})"),
              "scrimp.json: resolver-config.anything: unknown key");
}

}  // namespace
}  // namespace scrimp::app
