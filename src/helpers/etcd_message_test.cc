#include "helpers/etcd_message.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/json.h"
#include "seed/document.h"

namespace scrimp::helpers {
namespace {

Endpoint at(std::string_view text) {
    return *parse_endpoint(text);
}

std::string entry(std::string_view value) {
    return R"({"key":"YQ==","mod_revision":"4","value":")" + base64_encode(value) + "\"}";
}

std::string document(std::string_view address) {
    return R"({"seeds":[{"address":")" + std::string(address) + R"(","port":"9999"}]})";
}

std::string range_of(std::initializer_list<std::string> entries) {
    std::string list;
    for (const std::string& each : entries) list += (list.empty() ? "" : ",") + each;
    return R"({"header":{"revision":"4"},"kvs":[)" + list + R"(],"count":"9"})";
}

TEST(EtcdMessage, asks_for_the_newest_keys_below_the_prefix) {
    const auto request = parse_json(etcd_range_request("scrimplb/seeds"));
    ASSERT_TRUE(request);
    EXPECT_EQ(base64_decode((*request)["key"].get<std::string>()), "scrimplb/seeds/");
    EXPECT_EQ(base64_decode((*request)["range_end"].get<std::string>()), "scrimplb/seeds0");
    EXPECT_EQ((*request)["limit"], std::to_string(seed::seeds_max));
    EXPECT_EQ((*request)["sort_target"], "MOD");
    EXPECT_EQ((*request)["sort_order"], "DESCEND");
}

TEST(EtcdMessage, reads_the_newest_seed_as_the_last) {
    const auto seeds = parse_etcd_range(range_of(
        {entry(document("10.0.0.3")), entry(document("10.0.0.2")), entry(document("10.0.0.3"))}));
    ASSERT_TRUE(seeds) << seeds.error().message;
    EXPECT_EQ(*seeds, (std::vector<Endpoint>{at("10.0.0.2:9999"), at("10.0.0.3:9999")}));
}

TEST(EtcdMessage, finds_no_seeds_in_an_empty_range) {
    const auto seeds = parse_etcd_range(R"({"header":{"revision":"1"}})");
    ASSERT_TRUE(seeds);
    EXPECT_TRUE(seeds->empty());
}

TEST(EtcdMessage, skips_a_value_that_is_no_document_unless_all_are) {
    const std::string good = entry(document("10.0.0.3"));
    for (const std::string& bad :
         {entry("hello"), std::string("{}"), std::string("1"), std::string(R"({"value":"*"})"),
          std::string(R"({"value":7})")}) {
        const auto seeds = parse_etcd_range(range_of({bad, good}));
        ASSERT_TRUE(seeds) << bad;
        EXPECT_EQ(seeds->size(), 1U) << bad;
        EXPECT_FALSE(parse_etcd_range(range_of({bad}))) << bad;
    }
}

TEST(EtcdMessage, keeps_no_more_seeds_than_there_may_be) {
    std::string all;
    for (int i = 0; i < 100; ++i) {
        all += (i == 0 ? "" : ",") + entry(document("10.0.1." + std::to_string(i)));
    }
    const auto seeds = parse_etcd_range(range_of({all}));
    ASSERT_TRUE(seeds);
    EXPECT_EQ(seeds->size(), seed::seeds_max);
    EXPECT_EQ(seeds->back(), at("10.0.1.0:9999"));
}

TEST(EtcdMessage, refuses_what_no_etcd_says) {
    for (const char* text : {"", "[]", "<html>", "null", R"({"kvs":7})"}) {
        EXPECT_FALSE(parse_etcd_range(text)) << text;
        EXPECT_FALSE(parse_etcd_lease(text)) << text;
        EXPECT_FALSE(parse_etcd_token(text)) << text;
        EXPECT_EQ(parse_etcd_refusal(text), "") << text;
    }
}

TEST(EtcdMessage, puts_a_document_of_one_under_the_endpoints_name) {
    const auto request =
        parse_json(etcd_put_request("scrimplb/seeds", at("[fd00::7]:9999"), "7528"));
    ASSERT_TRUE(request);
    EXPECT_EQ(base64_decode((*request)["key"].get<std::string>()), "scrimplb/seeds/[fd00::7]:9999");
    EXPECT_EQ((*request)["lease"], "7528");
    const auto value = base64_decode((*request)["value"].get<std::string>());
    ASSERT_TRUE(value);
    EXPECT_EQ(seed::parse_seeds(*value)->front().endpoint, at("[fd00::7]:9999"));
}

TEST(EtcdMessage, carries_leases_and_tokens_over_as_text) {
    EXPECT_EQ(etcd_lease_request(600), R"({"TTL":"600"})");
    EXPECT_EQ(parse_etcd_lease(R"({"header":{},"ID":"7528226405039950342","TTL":"5"})"),
              "7528226405039950342");
    EXPECT_EQ(etcd_revoke_request("7528226405039950342"), R"({"ID":"7528226405039950342"})");
    EXPECT_EQ(parse_etcd_token(R"({"token":"iPXZ.20"})"), "iPXZ.20");
    const auto login = parse_json(etcd_login_request("lb", "a\"b"));
    ASSERT_TRUE(login);
    EXPECT_EQ((*login)["password"], "a\"b");
}

TEST(EtcdMessage, finds_the_lease_that_a_key_had_before) {
    EXPECT_EQ(parse_etcd_previous_lease(R"({"header":{},"prev_kv":{"key":"YQ==","lease":"75"}})"),
              "75");
    for (const char* text : {"", "[]", R"({"header":{}})", R"({"prev_kv":7})",
                             R"({"prev_kv":{"key":"YQ=="}})", R"({"prev_kv":{"lease":7}})"}) {
        EXPECT_EQ(parse_etcd_previous_lease(text), "") << text;
    }
}

TEST(EtcdMessage, quotes_a_refusal_printable_and_without_the_speaker) {
    EXPECT_EQ(parse_etcd_refusal(R"({"error":"etcdserver: permission denied","code":7})"),
              "permission denied");
    EXPECT_EQ(parse_etcd_refusal(R"({"error":"a\nb"})"), "a\\x0ab");
}

}  // namespace
}  // namespace scrimp::helpers
