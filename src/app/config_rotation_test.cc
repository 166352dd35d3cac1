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

}  // namespace
}  // namespace scrimp::app
