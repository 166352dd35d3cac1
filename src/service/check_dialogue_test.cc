#include "service/check_dialogue.h"

#include <gtest/gtest.h>

#include "service/condition.h"
#include "service/grpc_health.h"

namespace scrimp::service {
namespace {

const Endpoint there = *parse_endpoint("10.0.0.1:8080");

/// "well", the words of the reason, or "more".
std::string judged(const std::optional<CheckOutcome>& outcome) {
    if (!outcome) return "more";
    if (outcome->well) return "well";
    const std::string code = std::string(reason::code_mismatch) + ": ";
    EXPECT_TRUE(outcome->reason.starts_with(code));
    return outcome->reason.substr(code.size());
}

TEST(CheckDialogue, asks_http_with_the_path_and_the_host) {
    const Check check{.kind = CheckKind::Http, .path = "/up?x"};
    EXPECT_TRUE(check_request(check, there)
                    .starts_with("GET /up?x HTTP/1.1\r\nHost: 10.0.0.1:8080"
                                 "\r\n"));
    const Check named{.kind = CheckKind::Http, .host = "shop.example"};
    EXPECT_TRUE(
        check_request(named, there).starts_with("GET / HTTP/1.1\r\nHost: shop.example\r\n"));
}

TEST(CheckDialogue, judges_an_http_status_as_soon_as_it_is_there) {
    const Check check{.kind = CheckKind::Http, .statuses = {{200, 200}, {300, 302}}};
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    for (std::size_t i = 0; i < 13; ++i) {
        EXPECT_EQ(judged(judge_check_answer(check, ok.substr(0, i))), "more") << i;
    }
    EXPECT_EQ(judged(judge_check_answer(check, ok)), "well");
    EXPECT_EQ(judged(judge_check_answer(check, "HTTP/1.0 302 Found\r\n")), "well");
    EXPECT_EQ(judged(judge_check_answer(check, "HTTP/1.1 503 Gone\r\n")), "503");
    EXPECT_EQ(judged(judge_check_answer(check, "HTTP/1.1 204\r\n")), "204");
    EXPECT_EQ(judged(judge_check_answer(check, "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK")), "well");
    EXPECT_EQ(judged(judge_check_answer(check, "HTTP/1.1 103 C\r\nLink: x\r\n")), "more");
    for (const char* noise :
         {"SSH-2.0-x", "HTTP/2.0 200 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1_200 OK\r\n",
          "HTTP/1.1 -20 OK\r\n", "HTTP/1.1 099 OK\r\n"}) {
        EXPECT_EQ(judged(judge_check_answer(check, noise)), "no HTTP") << noise;
    }
    const std::string endless = "HTTP/1.1 103 C\r\n" + std::string(check_answer_bytes_max, 'x');
    EXPECT_EQ(judged(judge_check_answer(check, endless)), "it does not end");
}

TEST(CheckDialogue, wants_no_more_than_a_connection_of_tcp) {
    EXPECT_EQ(check_request(Check{}, there), "");
    EXPECT_EQ(judged(judge_check_answer(Check{}, "")), "well");
}

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text += static_cast<char>(value);
    return text;
}

const std::string settings = bytes({0, 0, 0, 4, 0, 0, 0, 0, 0});
/// A HEADERS frame of one indexed field, `:status 200`; with END_STREAM a whole refusal.
std::string headers(bool ends) {
    return bytes({0, 0, 1, 1, ends ? 5 : 4, 0, 0, 0, 1, 0x88});
}
/// A DATA frame with a HealthCheckResponse.
std::string response(int status) {
    return bytes({0, 0, 7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0x08, status});
}

TEST(GrpcHealth, asks_in_frames_of_http_2) {
    const std::string request = grpc_health_request("a", "s");
    EXPECT_EQ(request, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings +
                           bytes({0, 0, 67, 1, 4, 0, 0, 0, 1, 0x83, 0x86, 0x04, 28}) +
                           "/grpc.health.v1.Health/Check" + bytes({0x01, 1, 'a', 0x0f, 0x10, 16}) +
                           "application/grpc" + bytes({0, 2, 't', 'e', 8}) + "trailers" +
                           bytes({0, 0, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0x0a, 1, 's'}));
    EXPECT_TRUE(
        grpc_health_request("a", "").ends_with(bytes({0, 0, 5, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0})));
    const std::string long_name(255, 'x');
    const std::string coded = bytes({0x01, 0x7f, 0x80, 0x01}) + long_name;
    EXPECT_NE(grpc_health_request(long_name, "").find(coded), std::string::npos);
}

TEST(GrpcHealth, takes_serving_for_well_and_nothing_else) {
    const std::string begin = settings + headers(false);
    const std::string serving = begin + response(1);
    for (std::size_t i = 0; i < serving.size(); ++i) {
        EXPECT_EQ(judged(judge_grpc_health(serving.substr(0, i))), "more") << i;
    }
    EXPECT_EQ(judged(judge_grpc_health(serving)), "well");
    EXPECT_EQ(judged(judge_grpc_health(begin + response(0))), "UNKNOWN");
    EXPECT_EQ(judged(judge_grpc_health(begin + response(2))), "NOT_SERVING");
    EXPECT_EQ(judged(judge_grpc_health(begin + response(3))), "SERVICE_UNKNOWN");
    EXPECT_EQ(judged(judge_grpc_health(begin + response(4))), "no status of grpc.health.v1");
    EXPECT_EQ(judged(judge_grpc_health(begin + bytes({0, 0, 5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0}))),
              "UNKNOWN");
    EXPECT_EQ(judged(judge_grpc_health(settings + headers(true))),
              "no such service, or no grpc.health.v1");
}

TEST(GrpcHealth, gives_up_on_what_is_no_answer) {
    EXPECT_EQ(judged(judge_grpc_health("HTTP/1.1 400 Bad Request\r\n")), "no HTTP/2");
    EXPECT_EQ(judged(judge_grpc_health(headers(false))), "no HTTP/2");
    const std::string goaway = bytes({0, 0, 8, 7, 0, 0, 0, 0, 0});
    EXPECT_EQ(judged(judge_grpc_health(settings + goaway)), "the server ended the connection");
    const std::string reset = bytes({0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8});
    EXPECT_EQ(judged(judge_grpc_health(settings + reset)), "the server reset the stream");
    // Padding beyond the frame, a compressed message, one of four gigabytes.
    EXPECT_EQ(judged(judge_grpc_health(settings + bytes({0, 0, 1, 0, 8, 0, 0, 0, 1, 7}))),
              "no HTTP/2");
    EXPECT_EQ(
        judged(judge_grpc_health(settings + bytes({0, 0, 5, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0}))),
        "compressed without having been asked");
    EXPECT_EQ(judged(judge_grpc_health(
                  settings + bytes({0, 0, 5, 0, 0, 0, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff}))),
              "no answer of grpc.health.v1");
}

}  // namespace
}  // namespace scrimp::service
