#include "app/config_admission.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "app/config.h"
#include "base/scratch_directory_test.h"

namespace scrimp::app {
namespace {

constexpr service::PermitKey secret{1};

Result<Config> parsed(const std::string& text, const char* host) {
    return parse_config(text, "scrimp.json",
                        {.host_name = host, .state_directory = "", .read_directory = {}});
}

Result<Config> balancer_with(const std::string& members) {
    return parsed(R"({"lb":true,"provider":"dummy","resolver":"dummy","load-balancer-config":{)" +
                      members + "}}",
                  "lb1");
}

Result<Config> backend_with(const std::string& member) {
    return parsed(R"({"provider":"dummy","backend-config":{)" + member +
                      R"(,"applications":[{"name":"web","listen-port":443,"application-port":8080,)"
                      R"("protocol":"http","domains":["a.test"]}]}})",
                  "b1");
}

std::string refusal(const Result<Config>& config) {
    return config ? "" : config.error().message;
}

TEST(ConfigAdmission, reads_rules_and_keys) {
    const std::string key = service::permit_key_text(service::public_key_of(secret));
    const auto config = balancer_with(
        R"("admission":[{"nodes":["b*"],"cidrs":["10.0.0.0/8"],"domains":["*.Example.com"],)"
        R"("ports":["443","8000-8999"]},{}],"permit-public-keys":[")" +
        key + R"("],"require-permit":true)");
    ASSERT_TRUE(config) << config.error().message;
    const service::AdmissionConfig& read = config->load_balancer_config.admission;
    ASSERT_EQ(read.rules.size(), 2U);
    EXPECT_EQ(read.rules[0],
              (service::AdmissionRule{{"b*"},
                                      {*parse_network("10.0.0.0/8")},
                                      {{"*.example.com"}, {{443, 443}, {8000, 8999}}}}));
    EXPECT_EQ(read.rules[1], service::AdmissionRule{});
    EXPECT_EQ(read.permit_keys, std::vector{service::public_key_of(secret)});
    EXPECT_TRUE(read.require_permit);
    EXPECT_TRUE(config->fixed["load-balancer-config"].empty()) << "followed without a restart";
}

TEST(ConfigAdmission, names_key_value_and_remedy) {
    EXPECT_EQ(refusal(balancer_with(R"("require-permit":true)")),
              "scrimp.json: load-balancer-config.require-permit: needs keys to hold permits "
              "against; list them in permit-public-keys");
    EXPECT_EQ(refusal(balancer_with(R"("admission":[{"ports":["0"]}])")),
              "scrimp.json: load-balancer-config.admission[0].ports: '0' is neither a port nor a "
              "range of ports like 8000-8999");
    EXPECT_EQ(refusal(balancer_with(R"("admission":[{"node":["b1"]}])")),
              "scrimp.json: load-balancer-config.admission[0].node: unknown key; did you mean "
              "'nodes'?");
    for (const char* members :
         {R"("admission":[])", R"("admission":{})", R"("admission":["b1"])",
          R"("admission":[{"domains":[]}])", R"("admission":[{"cidrs":["10.0.0.1"]}])",
          R"("admission":[{"nodes":["b 1"]}])", R"("permit-public-keys":["AAAA"])"}) {
        EXPECT_NE(refusal(balancer_with(members)), "") << members;
    }
}

TEST(ConfigAdmission, reads_the_permit_that_a_backend_presents) {
    const std::string permit = *service::sign_permit({.node = "b*"}, secret);
    const auto config = backend_with(R"("permit":")" + permit + "\"");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->permit, permit);

    const ScratchDirectory directory;
    const std::string path = directory.path() / "permit";
    std::ofstream(path) << permit << '\n';
    const auto from_file = backend_with(R"("permit-file":")" + path + "\"");
    ASSERT_TRUE(from_file) << from_file.error().message;
    EXPECT_EQ(from_file->permit, permit);
    EXPECT_NE(refusal(backend_with(R"("permit-file":")" + path + ".none\"")), "");
    EXPECT_NE(refusal(backend_with(R"("permit":"v1.x","permit-file":")" + path + "\"")), "");
    EXPECT_NE(refusal(backend_with(R"("permit":"v1.x")")), "");
}

TEST(ConfigAdmission, warns_of_a_permit_that_balancers_will_refuse) {
    const std::string permit =
        *service::sign_permit({.node = "c*", .expires = std::int64_t{1}}, secret);
    const auto config = backend_with(R"("permit":")" + permit + "\"");
    ASSERT_TRUE(config) << config.error().message;
    const auto& warnings = config->warnings;
    const auto warned = [&](const std::string& part) {
        return std::ranges::any_of(
            warnings, [&](const std::string& line) { return line.find(part) != line.npos; });
    };
    EXPECT_TRUE(warned("is for nodes named c*, not for b1"));
    EXPECT_TRUE(warned("has expired"));
}

}  // namespace
}  // namespace scrimp::app
