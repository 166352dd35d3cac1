#include "helpers/s3_place.h"

#include <gtest/gtest.h>

#include <map>

namespace scrimp::helpers {
namespace {

using Variables = std::map<std::string, std::string>;

Environment environment_of(Variables variables) {
    return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    };
}

S3Place place_of(const Json& more = Json::object(), const Variables& variables = {}) {
    Json config = {{"bucket", "seeds"}, {"region", "eu-west-1"}};
    config.update(more);
    Settings settings(config);
    const S3Place place = read_place(settings, environment_of(variables));
    EXPECT_FALSE(settings.fault()) << settings.fault()->message;
    return place;
}

std::string fault_of(const Json& more, const Variables& variables = {}) {
    Json config = {{"bucket", "seeds"}, {"region", "eu-west-1"}};
    config.update(more);
    Settings settings(config);
    (void)read_place(settings, environment_of(variables));
    return settings.fault() ? settings.fault()->message : "";
}

TEST(S3Place, is_the_host_of_its_bucket_at_aws) {
    const S3Place place = place_of();
    EXPECT_EQ(url_of(place, place.key), "https://seeds.s3.eu-west-1.amazonaws.com/scrimplb");
    EXPECT_EQ(list_url_of(place, "scrimplb.d/"),
              "https://seeds.s3.eu-west-1.amazonaws.com/"
              "?list-type=2&max-keys=1000&prefix=scrimplb.d%2F");
    EXPECT_EQ(url_of(place_of({{"region", "cn-north-1"}}), "k"),
              "https://seeds.s3.cn-north-1.amazonaws.com.cn/k");
}

TEST(S3Place, is_a_path_where_the_host_cannot_name_the_bucket) {
    EXPECT_EQ(url_of(place_of({{"bucket", "my.seeds"}}), "k"),
              "https://s3.eu-west-1.amazonaws.com/my.seeds/k");
    const S3Place own = place_of({{"endpoint", "http://10.0.0.1:7480/"}});
    EXPECT_EQ(url_of(own, "a b/\xC3\xBC+"), "http://10.0.0.1:7480/seeds/a%20b/%C3%BC%2B");
    EXPECT_EQ(list_url_of(own, "k"),
              "http://10.0.0.1:7480/seeds?list-type=2&max-keys=1000&prefix=k");
    EXPECT_EQ(list_url_of(own, "k", "to=/n"),
              "http://10.0.0.1:7480/seeds"
              "?continuation-token=to%3D%2Fn&list-type=2&max-keys=1000&prefix=k");
    EXPECT_EQ(
        url_of(place_of({{"endpoint", "https://s3.example.com"}, {"path-style", false}}), "k"),
        "https://seeds.s3.example.com/k");
}

TEST(S3Place, is_where_the_environment_says_unless_the_configuration_does) {
    const Variables both = {{"AWS_ENDPOINT_URL_S3", "http://10.0.0.2:9000"},
                            {"AWS_ENDPOINT_URL", "http://10.0.0.3:9000"}};
    EXPECT_EQ(url_of(place_of(Json::object(), both), "k"), "http://10.0.0.2:9000/seeds/k");
    EXPECT_EQ(url_of(place_of(Json::object(), {{"AWS_ENDPOINT_URL", "http://10.0.0.3:9000"}}), "k"),
              "http://10.0.0.3:9000/seeds/k");
    EXPECT_EQ(url_of(place_of({{"endpoint", "http://10.0.0.1:7480"}}, both), "k"),
              "http://10.0.0.1:7480/seeds/k");
    EXPECT_EQ(fault_of(Json::object(), {{"AWS_ENDPOINT_URL", "nowhere"}}),
              "AWS_ENDPOINT_URL: must be like 'https://host:port'");
}

TEST(S3Place, lets_nothing_hide_in_a_host_name) {
    EXPECT_EQ(fault_of({{"bucket", "a/b@evil"}}),
              "bucket: must be 3 to 63 letters, digits, dots and hyphens");
    EXPECT_EQ(fault_of({{"bucket", "ab"}}),
              "bucket: must be 3 to 63 letters, digits, dots and hyphens");
    EXPECT_EQ(fault_of({{"region", "evil.example/"}}),
              "region: must be small letters, digits and hyphens, like 'eu-west-1'");
    EXPECT_EQ(fault_of({{"key", std::string(1000, 'k')}}), "key: must have 1 to 960 characters");
    EXPECT_EQ(fault_of({{"bucket", nullptr}}), "bucket: required, and missing");
}

TEST(S3Redirect, leads_to_the_stores_own_hosts_only) {
    const S3Place aws = place_of();
    EXPECT_TRUE(may_redirect_to(aws, "https://seeds.s3-eu-central-1.amazonaws.com/k"));
    EXPECT_FALSE(may_redirect_to(aws, "http://seeds.s3-eu-central-1.amazonaws.com/k"));
    EXPECT_FALSE(may_redirect_to(aws, "https://evilamazonaws.com/k"));
    EXPECT_FALSE(may_redirect_to(aws, "https://amazonaws.com@evil.example/k"));
    EXPECT_FALSE(may_redirect_to(aws, "/k"));
    EXPECT_FALSE(may_redirect_to(aws, ""));
    const S3Place own = place_of({{"endpoint", "http://s3.example.com:80"}});
    EXPECT_TRUE(may_redirect_to(own, "http://node2.s3.example.com:81/k"));
    EXPECT_TRUE(may_redirect_to(own, "https://s3.example.com/k"));
    EXPECT_FALSE(may_redirect_to(own, "http://example.com/k"));
    EXPECT_FALSE(may_redirect_to(own, "file:///etc/passwd"));
}

TEST(S3OwnObject, is_named_after_its_balancer_and_read_back) {
    const S3Place place = place_of();
    for (const char* text : {"10.0.0.5:9999", "[fd00::7]:1"}) {
        const Endpoint balancer = *parse_endpoint(text);
        EXPECT_EQ(balancer_of(place, own_key_of(place, balancer)), balancer);
    }
    EXPECT_EQ(own_key_of(place, *parse_endpoint("[fd00::7]:1")), "scrimplb.d/fd00::7-1.json");
    for (const char* key :
         {"scrimplb", "scrimplb.d/", "scrimplb.d/.json", "scrimplb.d/10.0.0.5.json",
          "scrimplb.d/10.0.0.5-0.json", "scrimplb.d/0.0.0.0-1.json", "other.d/10.0.0.5-1.json",
          "scrimplb.d/10.0.0.5-1.json.old", "scrimplb.d/../10.0.0.5-1.json"}) {
        EXPECT_FALSE(balancer_of(place, key)) << key;
    }
}

}  // namespace
}  // namespace scrimp::helpers
