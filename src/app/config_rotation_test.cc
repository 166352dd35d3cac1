#include "app/config_rotation.h"

#include <gtest/gtest.h>

#include "app/config.h"

namespace scrimp::app {
namespace {

using namespace std::chrono_literals;

Result<Config> with(const std::string& members) {
    return parse_config(
        R"({"lb":true,"provider":"dummy","resolver":"dummy","load-balancer-config":{)" + members +
            "}}",
        "scrimp.json", {.host_name = "lb1", .state_directory = "", .read_directory = {}});
}

TEST(ConfigRotation, reads_who_gets_traffic) {
    const auto config = with(R"("on-all-unhealthy":"none","agent-grace":"5s",
        "unavailable-share-max":30,"slow-start":"1m","damping":"0s")");
    ASSERT_TRUE(config) << config.error().message;
    const RotationSettings& read = config->load_balancer_config.rotation;
    EXPECT_EQ(read.rotation, (service::RotationConfig{service::OnAllUnhealthy::None, 1min, 0s}));
    EXPECT_EQ(read.sight, (service::SightConfig{5s, 30}));
    EXPECT_TRUE(config->fixed["load-balancer-config"].empty());
    EXPECT_EQ(with("")->load_balancer_config.rotation, RotationSettings{});
}

TEST(ConfigRotation, reads_words_whatever_their_letters) {
    const auto policy_of = [](const std::string& word) {
        return with(R"("on-all-unhealthy":")" + word + '"')
            ->load_balancer_config.rotation.rotation.on_all_unhealthy;
    };
    EXPECT_EQ(policy_of("None"), service::OnAllUnhealthy::None);
    EXPECT_EQ(policy_of("ALL"), service::OnAllUnhealthy::All);
}

TEST(ConfigRotation, names_key_value_and_remedy) {
    const auto refusal = [](const std::string& members) {
        const auto config = with(members);
        return config ? std::string() : config.error().message;
    };
    EXPECT_EQ(refusal(R"("on-all-unhealthy":"nome")"),
              "scrimp.json: load-balancer-config.on-all-unhealthy: 'nome' is neither all nor none; "
              "did you mean 'none'?");
    EXPECT_EQ(refusal(R"("slow-start":"10ms")"),
              "scrimp.json: load-balancer-config.slow-start: must be 0s, for none, or at least 1s");
    EXPECT_NE(refusal(R"("unavailable-share-max":0)"), "");
    EXPECT_NE(refusal(R"("agent-grace":"2h")"), "");
}

TEST(ConfigApplications, reads_options_by_name) {
    const auto config = with(R"("applications":{"Shop":{"body-limit":"2m","hsts":true},"api":{}})");
    ASSERT_TRUE(config) << config.error().message;
    const auto& overrides = config->load_balancer_config.support.overrides;
    ASSERT_EQ(overrides.size(), 2u);
    EXPECT_EQ(overrides.at("shop").body_limit_bytes, 2u << 20);
    EXPECT_EQ(overrides.at("shop").hsts, true);
    EXPECT_EQ(overrides.at("api"), service::Options{});
    EXPECT_TRUE(config->fixed["load-balancer-config"].empty()) << "followed without a restart";
}

TEST(ConfigApplications, names_what_is_wrong_with_an_option) {
    const auto refusal = [](const std::string& options, const std::string& more = "") {
        const auto config = with(more + R"("applications":{"shop":)" + options + "}");
        return config ? std::string() : config.error().message;
    };
    const std::string place = "scrimp.json: load-balancer-config.applications.shop";
    EXPECT_EQ(refusal(R"({"body-limt":"1m"})"),
              place + ".body-limt: unknown key; did you mean 'body-limit'?");
    EXPECT_EQ(refusal(R"({"weight":5})"),
              place + ".weight: is each backend's own; say it in the backend's configuration");
    EXPECT_TRUE(refusal(R"({"canary":5})").starts_with(place + ".canary: must be"));
    EXPECT_EQ(refusal("5"), place + ": must be an object of options, not a number");
    EXPECT_TRUE(refusal(R"({"proxy-protocol":true})", R"("generator":"nginx",)")
                    .starts_with(place + ".proxy-protocol: nginx"));
    EXPECT_EQ(refusal(R"({"proxy-protocol":true})", R"("generator":"haproxy",)"), "");
}

}  // namespace
}  // namespace scrimp::app
