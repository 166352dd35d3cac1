#include "app/config_health.h"

#include <gtest/gtest.h>

#include <vector>

#include "app/application_files.h"
#include "app/config_fields.h"

namespace scrimp::app {
namespace {

using service::Check;
using service::CheckKind;
using service::StatusRange;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct HealthCheck : testing::Test {
    /// The check of "shop", whose object says `text` under health-check.
    std::optional<Check> read(const std::string& text, const std::string& protocol = "http") {
        mistakes = Mistakes();
        const std::string list = R"([{"name":"shop","listen-port":"443","application-port":"8080",)"
                                 R"("protocol":")" +
                                 protocol + R"(","domains":["shop.example"],"health-check":)" +
                                 text + "}]";
        const ApplicationList found =
            read_application_list(*parse_json(list), "a.json", "", mistakes);
        const auto check = found.checks.find("shop");
        return check == found.checks.end() ? std::nullopt : std::optional(check->second);
    }
    /// The only mistake, without its place.
    std::string refusal(const std::string& text, const std::string& protocol = "http") {
        EXPECT_FALSE(read(text, protocol));
        EXPECT_EQ(mistakes.count(), 1U) << text << "\n" << mistakes.error().message;
        const std::string place = "a.json: [0].health-check";
        const std::string line = mistakes.error().message;
        EXPECT_TRUE(line.starts_with(place)) << line;
        return line.substr(std::min(place.size(), line.size()));
    }

    Mistakes mistakes;
};

TEST_F(HealthCheck, connects_to_the_application_port_unless_told_otherwise) {
    EXPECT_EQ(read("{}"), Check{.port = 8080});
    EXPECT_EQ(read("null"), std::nullopt);
    EXPECT_EQ(mistakes.count(), 0U);
}

TEST_F(HealthCheck, reads_every_key) {
    EXPECT_EQ(read(R"({"type":"HTTP","port":"81","address":"127.0.0.1","path":"/up?x=1",
                       "host":"shop.example","status":[200,"300-399"],"interval":"10s",
                       "timeout":"3s","rise":1,"fall":5})"),
              (Check{.kind = CheckKind::Http,
                     .port = 81,
                     .address = *parse_ip("127.0.0.1"),
                     .path = "/up?x=1",
                     .host = "shop.example",
                     .statuses = {{200, 200}, {300, 399}},
                     .interval = seconds{10},
                     .timeout = seconds{3},
                     .rise = 1,
                     .fall = 5}));
    EXPECT_EQ(read(R"({"type":"http","status":204})")->statuses,
              (std::vector<StatusRange>{{204, 204}}));
    EXPECT_EQ(read(R"({"type":"grpc","service":"shop.v1"})"),
              (Check{.kind = CheckKind::Grpc, .port = 8080, .service = "shop.v1"}));
    EXPECT_EQ(read(R"({"type":"exec","command":["look","-x"]})"),
              (Check{.kind = CheckKind::Exec, .command = {"look", "-x"}}));
}

TEST_F(HealthCheck, waits_two_fifths_of_an_interval_and_two_seconds_at_most) {
    EXPECT_EQ(read(R"({"interval":"1s"})")->timeout, milliseconds{400});
    EXPECT_EQ(read(R"({"interval":"1m"})")->timeout, seconds{2});
    EXPECT_EQ(refusal(R"({"interval":"1s","timeout":"2s"})"),
              ".timeout: '2s' is not between 10ms and 1000ms");
}

TEST_F(HealthCheck, says_what_is_wrong) {
    EXPECT_EQ(refusal("7"), ": must be an object, not a number");
    EXPECT_EQ(refusal(R"({"type":"htp"})"),
              ".type: 'htp' is not known; did you mean 'http'? (known: tcp, http, grpc, exec)");
    EXPECT_EQ(refusal(R"({"intervall":"1s"})"),
              ".intervall: unknown key; did you mean 'interval'?");
    EXPECT_EQ(refusal(R"({"path":"/"})"), ".path: is for type http, and this check's is tcp");
    EXPECT_EQ(refusal(R"({"type":"http","path":"up"})"),
              ".path: must begin with '/' and have no spaces, only printable ASCII characters, at "
              "most 1024");
    for (const char* status : {"[]", "99", "600", "\"300-200\"", "\"2xx\"", "[200,{}]", "true"}) {
        EXPECT_TRUE(refusal(R"({"type":"http","status":)" + std::string(status) + "}")
                        .starts_with(".status: must be a status"));
    }
    EXPECT_EQ(refusal(R"({"type":"exec"})"),
              ".command: type exec needs a program and its arguments, a list of strings");
    EXPECT_EQ(refusal(R"({"type":"exec","command":["x"],"port":1})"),
              ".port: a command gets it as an argument");
    EXPECT_EQ(refusal(R"({"address":"0.0.0.0"})"),
              ".address: '0.0.0.0' stands for every address; name one");
    EXPECT_EQ(refusal(R"({"fall":0})"), ".fall: must be a whole number from 1 to 10");
}

TEST_F(HealthCheck, does_not_ask_a_tls_port_in_plain_http) {
    EXPECT_TRUE(refusal(R"({"type":"http"})", "https").starts_with(".type: http asks without TLS"));
    EXPECT_TRUE(read(R"({"type":"http","port":8081})", "https"));
    EXPECT_TRUE(read("{}", "https"));
}

}  // namespace
}  // namespace scrimp::app
