#include <gtest/gtest.h>

#include "base/json.h"
#include "service/canary.h"
#include "service/hearing_test.h"
#include "service/options_json.h"

namespace scrimp::service {
namespace {

constexpr std::string_view everything =
    R"(,"balance":"least-conn","sticky-cookie":"SHOP","paths":["/api","/v2/"],"body-limit":"10m",)"
    R"("connect-timeout":"1500ms","read-timeout":"60s","send-timeout":"90s","verify-backend":true,)"
    R"("proxy-protocol":false,"allow":["10.0.0.0/8"],"deny":["10.1.0.0/16","fd00::/8"],)"
    R"("basic-auth":["joe:$6$salt$hash"],"www":"add",)"
    R"("redirects":[{"from":"/a","to":"/b"},{"from":"/c","to":"https://x.example/?q=1","status":308}],)"
    R"("request-headers":{"x-a":"b; c='d'","x-b":null},"response-headers":{"cache-control":"no-store"},)"
    R"("compression":false,"hsts":true,"security-headers":false,"canary":{"label":"new","share":5})";

Json object_of(std::string_view members) {
    const auto json = parse_json("{\"name\":\"shop\"" + std::string(members) + "}");
    return json ? *json : Json();
}

std::string refusal(std::string_view members) {
    const auto options = parse_options(object_of(members));
    return options ? "accepted" : options.error().message;
}

Application shop(const std::string& extras) {
    const auto json =
        parse_json(R"({"name":"shop","listen-port":443,"application-port":8080,"protocol":"http",)"
                   R"("domains":["shop.example"])" +
                   extras + "}");
    return *parse_application(*json);
}

Bytes metadata_of(const Application& application) {
    return encode_metadata(Role::Backend, {application})->bytes;
}

/// "b1:100 b2:50", of the first route.
std::string weights(const Hearing& hearing) {
    std::string text;
    for (const Upstream& each : hearing.registry.table().routes.front().upstreams) {
        text += (text.empty() ? "" : " ") + each.member_name + ":" + std::to_string(each.weight);
    }
    return text;
}

TEST(Options, are_written_as_they_are_read) {
    const auto options = parse_options(object_of(everything));
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(render_options(*options), everything);
    EXPECT_EQ(said_keys(*options).size(), option_keys().size());
    EXPECT_EQ(render_options(Options{}), "");
    EXPECT_EQ(*parse_options(object_of("")), Options{});
}

TEST(Options, travel_in_metadata_and_in_lists) {
    const Application application = shop(R"(,"weight":7,"label":"new")" + std::string(everything));
    const auto told = decode_metadata(metadata_of(application));
    ASSERT_TRUE(told) << told.error().message;
    EXPECT_EQ(told->applications, std::vector{application});
    EXPECT_EQ(application.weight, 7);
    EXPECT_EQ(*application.label, "new");
    const auto list = parse_list(render_list({application}));
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_EQ(list->applications, std::vector{application});
    EXPECT_EQ(render_list({shop("")}),
              R"([{"name":"shop","listen-port":"443","application-port":"8080",)"
              R"("protocol":"http","domains":["shop.example"]}])");
}

TEST(Metadata, keeps_protocols_of_ours_from_balancers_of_the_original) {
    Application tcp = shop("");
    tcp.protocol = Protocol::Tcp;
    const std::string text = render_announcement(Role::Backend, {tcp});
    EXPECT_EQ(text.find("\"applications\""), std::string::npos) << text;
    const auto told = decode_metadata(metadata_of(tcp));
    ASSERT_TRUE(told);
    EXPECT_EQ(told->applications, std::vector{tcp});
    EXPECT_TRUE(told->conditions.empty());
    EXPECT_TRUE(told->rejections.empty());
}

TEST(Options, at_fault_cost_their_application_only) {
    std::string text = render_list({shop("")});
    text.insert(text.size() - 1, R"(,{"name":"bad","listen-port":"443","application-port":"1",)"
                                 R"("protocol":"http","domains":["b.example"],"paths":["/a;"]})");
    const auto list = parse_list(text);
    ASSERT_TRUE(list);
    EXPECT_EQ(list->applications.size(), 1u);
    ASSERT_EQ(list->rejections.size(), 1u);
    EXPECT_EQ(list->rejections[0].application, "bad");
    EXPECT_TRUE(list->rejections[0].reason.starts_with("paths: '/a;' is no path"));
}

TEST(Options, hold_nothing_that_means_something_to_a_proxy) {
    for (const char* path : {"api", "/a b", "/a$b", "/a//b", "/../a", "/a/..", "/./", "/a;", "/a{",
                             "/%41", "/a\\\\b", "/a'b", ""}) {
        EXPECT_NE(refusal(",\"paths\":[\"" + std::string(path) + "\"]"), "accepted") << path;
    }
    for (const char* value :
         {"", " a", "a ", "a$b", "a%b", "a{b", "a`b", "a\\\"b", "a\\\\b", "a\\nb", "b\\u00fc"}) {
        EXPECT_NE(refusal(R"(,"response-headers":{"x-a":")" + std::string(value) + "\"}"),
                  "accepted")
            << value;
    }
    for (const char* name :
         {"host", "Connection", "transfer-encoding", "x-forwarded-for", "a b", "a_b", "a:b", ""}) {
        EXPECT_NE(refusal(",\"request-headers\":{\"" + std::string(name) + "\":\"b\"}"), "accepted")
            << name;
    }
    for (const char* target : {"b", "//evil.example", "javascript:x", "/a b", "/a\\\"", "/$a"}) {
        EXPECT_NE(refusal(R"(,"redirects":[{"from":"/a","to":")" + std::string(target) + "\"}]"),
                  "accepted")
            << target;
    }
    for (const char* cookie : {"a b", "a;b", "a=b", "a$b"}) {
        EXPECT_NE(refusal(",\"sticky-cookie\":\"" + std::string(cookie) + "\""), "accepted")
            << cookie;
    }
}

TEST(Options, say_what_is_wrong_and_what_would_do) {
    EXPECT_EQ(refusal(R"(,"balance":"random")"),
              "balance: 'random' is none of round-robin, least-conn, ip-hash, random-two");
    EXPECT_EQ(refusal(R"(,"body-limit":"10x")"),
              "body-limit: '10x' is no size: a number of bytes, or of k, m or g, at most 1024g");
    EXPECT_EQ(refusal(R"(,"connect-timeout":"2m")"), "connect-timeout: must be from 1ms to 60s");
    EXPECT_EQ(refusal(R"(,"canary":{"label":"new","share":100})"),
              "canary: share must be a number of percent from 1 to 99");
    EXPECT_EQ(refusal(R"(,"redirects":[{"from":"/a","to":"/b","status":303}])"),
              "redirects: status must be 301, 302, 307 or 308");
    EXPECT_EQ(refusal(R"(,"redirects":[{"from":"/a","to":"/b"},{"from":"/a","to":"/c"}])"),
              "redirects: '/a' leads to more than one place");
    EXPECT_EQ(refusal(R"(,"request-headers":{"Host":"x"})"),
              "request-headers: 'host' is the proxy's own to say; leave it out");
}

TEST(Options, show_no_password_that_stands_in_place_of_its_hash) {
    const std::string reason = refusal(R"(,"basic-auth":["joe:secret"])");
    EXPECT_TRUE(reason.starts_with("basic-auth: 'joe' has no hash")) << reason;
    EXPECT_EQ(reason.find("secret"), std::string::npos);
}

TEST(Options, that_let_nobody_in_are_not_taken_for_none) {
    EXPECT_EQ(refusal(R"(,"allow":[])"),
              "allow: is empty; leave it out, or name networks, 0.0.0.0/0 and ::/0 for all");
    EXPECT_EQ(refusal(R"(,"basic-auth":[])"),
              "basic-auth: is empty; leave it out, or name who may come in");
}

TEST(Options, are_bounded) {
    std::string many;
    for (std::size_t i = 0; i <= paths_max; ++i) {
        many += (i == 0 ? "\"/" : ",\"/") + std::to_string(i) + "\"";
    }
    EXPECT_EQ(refusal(",\"paths\":[" + many + "]"),
              "paths: has 17 entries, at most 16 are allowed");
}

TEST(Options, of_the_operator_win_one_by_one) {
    const Options announced{.balance = Balance::IpHash, .hsts = true};
    const Options result = merged({.sticky_cookie = "A", .hsts = false}, announced);
    EXPECT_EQ(result, (Options{.balance = Balance::IpHash, .sticky_cookie = "A", .hsts = false}));
}

TEST(Registry, pools_backends_whose_options_differ_and_takes_those_of_the_most) {
    Hearing hearing;
    hearing.tell(Change::Joined, "b1", metadata_of(shop("")));
    hearing.tell(Change::Joined, "b2", metadata_of(shop(R"(,"body-limit":"5m")")));
    ASSERT_EQ(hearing.routes(), 1u);
    const auto& route = hearing.registry.table().routes.front();
    EXPECT_EQ(route.upstreams.size(), 2u);
    EXPECT_FALSE(route.application.options);
    hearing.tell(Change::Joined, "b3", metadata_of(shop(R"(,"body-limit":"5m")")));
    EXPECT_EQ(hearing.registry.table().routes.front().upstreams.size(), 3u);
    EXPECT_EQ(hearing.registry.table().routes.front().application.options->body_limit_bytes,
              5u << 20);
    for (const Standing& standing : hearing.registry.standings()) {
        EXPECT_TRUE(standing.in_rotation) << standing.member_name;
    }
}

TEST(Registry, weighs_each_backend_as_it_announces) {
    Hearing hearing;
    hearing.tell(Change::Joined, "b1", metadata_of(shop(R"(,"weight":25)")));
    hearing.tell(Change::Joined, "b2", metadata_of(shop("")));
    EXPECT_EQ(weights(hearing), "b1:25 b2:100");
}

TEST(Registry, gives_a_canary_its_share_of_the_traffic) {
    const std::string canary = R"(,"canary":{"label":"new","share":20})";
    Hearing hearing;
    hearing.tell(Change::Joined, "b1", metadata_of(shop(canary)));
    hearing.tell(Change::Joined, "b2", metadata_of(shop(canary)));
    EXPECT_EQ(weights(hearing), "b1:100 b2:100");
    hearing.tell(Change::Joined, "b3", metadata_of(shop(R"(,"label":"new")" + canary)));
    EXPECT_EQ(weights(hearing), "b1:256 b2:256 b3:128");  // 128 of 640
    hearing.tell(Change::Left, "b3", {});
    EXPECT_EQ(weights(hearing), "b1:100 b2:100");
}

TEST(Registry, lets_applications_share_a_domain_by_paths) {
    Hearing hearing;
    Application api = shop(R"(,"paths":["/api"])");
    api.name = *Name::parse("api");
    Application other = api;
    other.name = *Name::parse("other");
    hearing.tell(Change::Joined, "b1", metadata_of(shop("")));
    hearing.tell(Change::Joined, "b2", metadata_of(api));
    EXPECT_EQ(hearing.routes(), 2u);
    hearing.tell(Change::Joined, "b3", metadata_of(other));
    EXPECT_EQ(hearing.routes(), 2u);
    EXPECT_EQ(hearing.refusals(), (Texts{"b3 other paths: '/api' of 'shop.example' on port 443 is "
                                         "held by 'api'"}));
}

TEST(Registry, gives_tcp_its_port_alone_and_udp_another) {
    Hearing hearing({.protocols = {}, .listen_ports = {}, .http_ports = {80, 443}});
    Application tcp = shop("");
    tcp.name = *Name::parse("tcp");
    tcp.protocol = Protocol::Tcp;
    tcp.listen_port = 5432;
    Application udp = tcp;
    udp.name = *Name::parse("udp");
    udp.protocol = Protocol::Udp;
    Application web = shop("");
    web.listen_port = 5432;
    Application on_http = tcp;
    on_http.name = *Name::parse("on-http");
    on_http.listen_port = 443;
    hearing.tell(Change::Joined, "b1", metadata_of(tcp));
    hearing.tell(Change::Joined, "b2", metadata_of(udp));
    hearing.tell(Change::Joined, "b3", metadata_of(web));
    hearing.tell(Change::Joined, "b4", metadata_of(on_http));
    EXPECT_EQ(hearing.routes(), 2u);
    EXPECT_EQ(hearing.refusals(),
              (Texts{"b3 shop listen-port: 5432 is held by 'tcp', and tcp shares no port",
                     "b4 on-http listen-port: on 443 the balancer answers in HTTP; tcp needs "
                     "another port"}));
}

TEST(Registry, heeds_the_operators_options_over_announced_ones) {
    Hearing hearing;
    hearing.tell(Change::Joined, "b1", metadata_of(shop(R"(,"hsts":true,"compression":false)")));
    hearing.now += 1s;
    hearing.registry.set_support(
        hearing.now,
        {.protocols = {}, .listen_ports = {}, .overrides = {{"shop", {.hsts = false}}}});
    hearing.settle();
    const Options& options = *hearing.registry.table().routes.front().application.options;
    EXPECT_EQ(options, (Options{.compression = false, .hsts = false}));
    EXPECT_TRUE(hearing.registry.standings().front().in_rotation);
}

TEST(Registry, refuses_what_the_proxy_lacks_in_its_words) {
    Hearing hearing({.protocols = {},
                     .listen_ports = {},
                     .lacks = [](const Application& application) -> std::optional<std::string> {
                         if (application.options->sticky_cookie.empty()) return std::nullopt;
                         return "sticky-cookie: this proxy has none";
                     }});
    hearing.tell(Change::Joined, "b1", metadata_of(shop(R"(,"sticky-cookie":"A")")));
    EXPECT_EQ(hearing.routes(), 0u);
    EXPECT_EQ(hearing.refusals(), (Texts{"b1 shop sticky-cookie: this proxy has none"}));
}

}  // namespace
}  // namespace scrimp::service
