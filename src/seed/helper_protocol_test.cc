#include "seed/helper_protocol.h"

#include <gtest/gtest.h>

#include "seed/document.h"

namespace scrimp::seed {
namespace {

const Endpoint one = *parse_endpoint("10.0.0.1:9999");
const Endpoint two = *parse_endpoint("[fd00::7]:80");

std::string complaint(HelperAction action, std::string_view text) {
    const auto answer = parse_answer(action, text);
    return answer ? "none" : answer.error().message;
}

std::string complaint_about_request(std::string_view text) {
    const auto request = parse_request(text);
    return request ? "none" : request.error().message;
}

TEST(HelperRequest, is_one_line_of_json) {
    EXPECT_EQ(render_request({.action = HelperAction::Publish,
                              .name = "s3",
                              .config = {{"bucket", "b"}},
                              .state = {{"mode", "prefix"}},
                              .self = two}),
              R"({"action":"publish","config":{"bucket":"b"},"name":"s3",)"
              R"("self":{"address":"[fd00::7]","port":"80"},"state":{"mode":"prefix"},)"
              R"("version":1})"
              "\n");
}

TEST(HelperRequest, is_read_as_it_was_written) {
    for (const HelperAction action :
         {HelperAction::Fetch, HelperAction::Publish, HelperAction::Resolve}) {
        HelperRequest request{.action = action, .name = "ec2", .config = {{"deep", {1, "x"}}}};
        if (action == HelperAction::Publish) request.self = one;
        const auto read = parse_request(render_request(request));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->action, action);
        EXPECT_EQ(read->name, "ec2");
        EXPECT_EQ(read->config, request.config);
        EXPECT_EQ(read->state, Json::object());
        EXPECT_EQ(read->self, request.self);
    }
}

TEST(HelperRequest, is_written_whatever_bytes_its_config_holds) {
    const auto read = parse_request(render_request({.name = "exec", .config = {{"a", "\xff"}}}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->config["a"], "\xef\xbf\xbd");
}

TEST(HelperRequest, is_refused_when_anything_about_it_is_wrong) {
    EXPECT_EQ(complaint_about_request("[]"), "not a request: it is not a JSON object");
    EXPECT_EQ(complaint_about_request("{}"), "not a request: the key 'version' is missing");
    EXPECT_EQ(complaint_about_request(R"({"version":2})"),
              "not a request: version 2 is not spoken here, only version 1");
    EXPECT_EQ(complaint_about_request(R"({"version":1,"action":"steal","name":"x"})"),
              "not a request: 'action' must be fetch, publish or resolve");
    EXPECT_EQ(complaint_about_request(R"({"version":1,"action":"fetch"})"),
              "not a request: 'name' must be a string");
    EXPECT_EQ(complaint_about_request(R"({"version":1,"action":"fetch","name":"x","cofig":{}})"),
              "not a request: the key 'cofig' is unknown; did you mean 'config'?");
    EXPECT_EQ(complaint_about_request(R"({"version":1,"action":"fetch","name":"x","config":[]})"),
              "not a request: 'config' must be an object, not a list");
    EXPECT_EQ(complaint_about_request(R"({"version":1,"action":"publish","name":"x"})"),
              "not a request: 'self' belongs to the action publish, and to no other");
    EXPECT_EQ(complaint_about_request(
                  R"({"version":1,"action":"publish","name":"x","self":{"address":"h"}})"),
              "not a request: self: the key 'port' is missing");
}

TEST(HelperAnswer, to_a_fetch_holds_seeds_each_once_and_a_state) {
    const auto answer = parse_answer(HelperAction::Fetch,
                                     R"({"version":1,"state":{"etag":"x"},"seeds":[
        {"address":"10.0.0.1","port":9999},{"address":"fd00::7","port":"80"},
        {"address":"10.0.0.1","port":"9999"}]})");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->seeds, (std::vector{one, two}));
    EXPECT_EQ(answer->state, (Json{{"etag", "x"}}));
}

TEST(HelperAnswer, to_a_publish_is_hardly_more_than_its_version) {
    const auto answer = parse_answer(HelperAction::Publish, " {\"version\": 1}\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->state, Json::object());
}

TEST(HelperAnswer, to_a_resolve_is_a_literal) {
    for (const char* text : {"fd00::7", "[fd00::7]"}) {
        const auto answer = parse_answer(HelperAction::Resolve,
                                         R"({"version":1,"address":")" + std::string(text) + "\"}");
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->address->text(), "[fd00::7]:0");
    }
}

TEST(HelperAnswer, is_read_as_it_was_written) {
    const HelperAnswer fetched{.seeds = {one, two}, .state = {{"a", 1}}};
    EXPECT_EQ(parse_answer(HelperAction::Fetch, render_answer(HelperAction::Fetch, fetched))->seeds,
              fetched.seeds);
    EXPECT_TRUE(parse_answer(HelperAction::Publish, render_answer(HelperAction::Publish, {})));
    EXPECT_EQ(render_answer(HelperAction::Resolve, {.address = *parse_ip("fd00::7")}),
              "{\"address\":\"fd00::7\",\"state\":{},\"version\":1}\n");
}

TEST(HelperAnswer, keeps_the_newest_of_too_many_seeds) {
    HelperAnswer many;
    for (std::uint16_t port = 1; port <= 100; ++port) many.seeds.push_back(*parse_ip("::1", port));
    const auto read = parse_answer(HelperAction::Fetch, render_answer(HelperAction::Fetch, many));
    ASSERT_EQ(read->seeds.size(), seeds_max);
    EXPECT_EQ(read->seeds.back().port, 100);
}

TEST(HelperAnswer, may_be_an_error_whose_sentence_is_made_safe_for_a_line) {
    EXPECT_EQ(complaint(HelperAction::Fetch, render_error("no such bucket")), "no such bucket");
    EXPECT_EQ(complaint(HelperAction::Fetch, R"({"version":1,"error":"a\nb","seeds":[],"x":1})"),
              "a\\x0ab");
    EXPECT_EQ(complaint(HelperAction::Resolve, render_error("")), "failed, and does not say why");
    EXPECT_EQ(complaint(HelperAction::Fetch, render_error(std::string(9999, 'x'))).size(),
              helper_error_chars_max);
    EXPECT_EQ(complaint(HelperAction::Fetch, R"({"version":1,"error":7})"),
              "not an answer: 'error' must be a string");
}

TEST(HelperAnswer, is_refused_when_anything_about_it_is_wrong) {
    const auto fetch = [](std::string_view text) { return complaint(HelperAction::Fetch, text); };
    EXPECT_TRUE(fetch("").starts_with("not an answer: line 1, column 1: "));
    EXPECT_TRUE(fetch("seeds: none").starts_with("not an answer: line 1, column 1: "));
    EXPECT_TRUE(fetch(R"({"version":1,"seeds":[]} {})").starts_with("not an answer: line 1"));
    EXPECT_EQ(fetch(R"({"version":"1","seeds":[]})"),
              "not an answer: version \"1\" is not spoken here, only version 1");
    EXPECT_EQ(fetch(R"({"version":1})"), "not an answer: the key 'seeds' is missing");
    EXPECT_EQ(fetch(R"({"version":1,"seeds":null})"),
              "not an answer: 'seeds' must be a list, not null");
    EXPECT_EQ(fetch(R"({"version":1,"seed":[]})"),
              "not an answer: the key 'seed' is unknown; did you mean 'seeds'?");
    EXPECT_EQ(fetch(R"({"version":1,"seeds":[{"address":"10.0.0.1","port":1},7]})"),
              "not an answer: seeds[1]: must be an object, not a number");
    EXPECT_EQ(fetch(R"({"version":1,"seeds":[{"address":"lb1","port":1}]})"),
              "not an answer: seeds[0]: 'lb1' is not an IP address");
    EXPECT_EQ(fetch(R"({"version":1,"seeds":[{"address":"10.0.0.1","port":0}]})"),
              "not an answer: seeds[0]: '0' is not a port from 1 to 65535");
    EXPECT_EQ(fetch(R"({"version":1,"seeds":[{"address":"::","port":1}]})"),
              "not an answer: seeds[0]: '::' is nobody's address");
    EXPECT_EQ(fetch(R"({"version":1,"seeds":[],"state":[]})"),
              "not an answer: 'state' must be an object, not a list");
    EXPECT_EQ(complaint(HelperAction::Resolve, R"({"version":1})"),
              "not an answer: the key 'address' is missing");
    EXPECT_EQ(complaint(HelperAction::Publish, R"({"version":1,"seeds":[]})"),
              "not an answer: the key 'seeds' is unknown");
}

TEST(HelperAnswer, is_bounded_with_its_state) {
    const std::string large(helper_state_bytes_max, 'x');
    EXPECT_EQ(complaint(HelperAction::Publish, R"({"version":1,"state":{"a":")" + large + "\"}}"),
              "not an answer: 'state' is larger than 4096 bytes");
    EXPECT_EQ(complaint(HelperAction::Publish, std::string(helper_answer_bytes_max + 1, ' ')),
              "not an answer: larger than 131072 bytes");
    EXPECT_NE(complaint(HelperAction::Publish, std::string(helper_answer_bytes_max, '[')), "none");
}

}  // namespace
}  // namespace scrimp::seed
