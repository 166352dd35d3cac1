#include <gtest/gtest.h>

#include "admin/generations.h"
#include "admin/http.h"
#include "admin/json_writer.h"
#include "admin/members.h"
#include "admin/routes.h"
#include "admin/status.h"
#include "base/json.h"

namespace scrimp::admin {
namespace {

constexpr std::int64_t now = 1795457551;  // 2026-11-23T18:12:31Z

Json parsed(const std::string& text) {
    const Result<Json> json = parse_json(text);
    EXPECT_TRUE(json.has_value()) << text;
    return json.value_or(Json());
}

StatusView a_balancer() {
    StatusView view;
    view.version = "1.2.3";
    view.node_name = "lb1";
    view.role = "load-balancer";
    view.now = now;
    view.started = now - 7200;
    view.address = "10.0.0.1:9999";
    view.alive = 3;
    view.traffic = TrafficStatus{.applications = 2, .upstreams = 5, .in_rotation = 4};
    view.rollout = RolloutStatus{
        .phase = "idle", .generation = "abc", .revision = 9, .latest = 9, .reloads = 7};
    return view;
}

RoutesView two_routes() {
    RoutesView view{.now = now, .revision = 4};
    view.routes.push_back({.application = "web",
                           .listen_port = 443,
                           .protocol = "http",
                           .domains = {"a.test", "b.test"},
                           .upstreams = {{.member_name = "b1",
                                          .endpoint = "10.0.0.7:8080",
                                          .state = "healthy",
                                          .since = now - 20},
                                         {.member_name = "b2",
                                          .endpoint = "10.0.0.8:8080",
                                          .state = "maintenance",
                                          .reason = "disk swap",
                                          .in_rotation = false}}});
    view.refusals.push_back({"b9", "shop", "its name is taken"});
    return view;
}

}  // namespace

TEST(JsonWriter, escapes_what_json_does_not_bear) {
    JsonWriter json;
    json.begin_object();
    json.field("a\"b", std::string_view("line\nbreak \\ \x01 \xff"));
    json.field("n", -5);
    json.key("list");
    json.begin_list();
    json.value(true);
    json.value(std::uint64_t{18446744073709551615U});
    json.begin_object();
    json.end_object();
    json.end_list();
    json.end_object();
    EXPECT_EQ(std::move(json).take(),
              "{\"a\\\"b\":\"line\\nbreak \\\\ \\u0001 \\u00ff\",\"n\":-5,"
              "\"list\":[true,18446744073709551615,{}]}\n");
}

TEST(JsonWriter, writes_times_as_people_read_them) {
    EXPECT_EQ(rfc3339(now), "2026-11-23T18:12:31Z");
    EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(rfc3339(-1), "1970-01-01T00:00:00Z");
    EXPECT_EQ(rfc3339(std::int64_t{1} << 60), "9999-12-31T23:59:59Z");
}

TEST(Members, are_a_table_and_a_list) {
    const MembersView view{now,
                           {{.name = "lb1",
                             .address = "10.0.0.1:9999",
                             .role = "load-balancer",
                             .state = "alive",
                             .incarnation = 3,
                             .since = now - 20,
                             .self = true},
                            {.name = "b1",
                             .address = "10.0.0.7:9999",
                             .role = "backend",
                             .state = "suspect",
                             .since = now,
                             .applications = 2}}};
    EXPECT_EQ(members_text(view),
              "NAME             ADDRESS        ROLE           STATE    SINCE  APPLICATIONS\n"
              "lb1 (this node)  10.0.0.1:9999  load-balancer  alive    20 s   0\n"
              "b1               10.0.0.7:9999  backend        suspect  0 s    2\n");
    const Json json = parsed(members_json(view));
    ASSERT_EQ(json["members"].size(), 2U);
    EXPECT_EQ(json["members"][0]["incarnation"], 3);
    EXPECT_EQ(json["members"][0]["since"], "2026-11-23T18:12:11Z");
    EXPECT_EQ(json["members"][1]["state"], "suspect");
}

TEST(Routes, tell_who_gets_traffic_and_why_others_do_not) {
    EXPECT_EQ(routes_text(two_routes()),
              "web on port 443: a.test b.test\n"
              "  BACKEND  ENDPOINT       STATE        TRAFFIC  SINCE  WHY\n"
              "  b1       10.0.0.7:8080  healthy      100%     20 s\n"
              "  b2       10.0.0.8:8080  maintenance  none     -      disk swap\n"
              "refused:\n"
              "  b9, application 'shop': its name is taken\n");
    const Json json = parsed(routes_json(two_routes()));
    EXPECT_EQ(json["routes"][0]["domains"], Json({"a.test", "b.test"}));
    EXPECT_EQ(json["routes"][0]["upstreams"][1]["reason"], "disk swap");
    EXPECT_EQ(json["routes"][0]["upstreams"][1]["in_rotation"], false);
    EXPECT_EQ(json["refusals"][0]["application"], "shop");
}

TEST(Routes, tell_options_and_the_share_of_a_canary) {
    RoutesView view = two_routes();
    view.routes[0].options = R"("body-limit":"2m","hsts":true)";
    view.routes[0].upstreams[0].weight = 256;
    view.routes[0].upstreams[1].in_rotation = true;
    view.routes[0].upstreams[1].weight = 13;
    const std::string text = routes_text(view);
    EXPECT_TRUE(text.starts_with(
        "web on port 443: a.test b.test\n  \"body-limit\":\"2m\",\"hsts\":true\n"));
    EXPECT_NE(text.find("healthy      100% "), std::string::npos);
    EXPECT_NE(text.find("maintenance  5% "), std::string::npos);
    EXPECT_EQ(parsed(routes_json(view))["routes"][0]["options"]["body-limit"], "2m");
}

TEST(Routes, say_so_when_there_are_none) {
    EXPECT_EQ(routes_text({}), "no application is routed\n");
}

TEST(Status, is_well_when_nothing_is_wrong) {
    const StatusView view = a_balancer();
    EXPECT_EQ(status_text(view),
              "node          lb1, load-balancer at 10.0.0.1:9999\n"
              "program       scrimplb 1.2.3, up 2 h\n"
              "members       3 alive\n"
              "applications  2 routed, to 4 of 5 upstreams\n"
              "refused       nothing\n"
              "rollout       idle, generation abc of revision 9, 7 reloads so far, 0 old workers\n"
              "state         well\n");
    const Json json = parsed(status_json(view));
    EXPECT_EQ(json["degraded"], false);
    EXPECT_EQ(json["rollout"]["generation"], "abc");
    EXPECT_EQ(json["traffic"]["in_rotation"], 4);
}

TEST(Status, names_everything_that_is_not_well) {
    StatusView view = a_balancer();
    view.alive = 1;
    view.traffic->refusals = 2;
    view.traffic->without_upstream = {"a", "b", "c", "d", "e", "f"};
    view.traffic->failing_open = {"web"};
    view.rollout->failure = "reload-failed, no nginx";
    view.rollout->left_out = {{"shop", 443, "b2", "its port is taken"}};
    view.rollout->pinned = "abc";
    view.faults = {"the configuration file is not in force"};
    const std::vector<std::string> expected{
        "the configuration file is not in force",
        "no other member is in touch",
        "nobody serves a, b, c, d, e and 1 more",
        "no backend is healthy, so all get traffic: web",
        "2 announcements are refused; `scrimplb routes` says why",
        "the last rollout was not carried out: reload-failed, no nginx",
        "application 'shop' of b2 is left out: its port is taken",
        "the configuration is pinned to generation abc; changes wait for `scrimplb config unpin`"};
    EXPECT_EQ(warnings_of(view), expected);
    const Json json = parsed(status_json(view));
    EXPECT_EQ(json["warnings"], Json(expected));
    EXPECT_EQ(json["rollout"]["left_out"][0]["application"], "shop");
    EXPECT_NE(status_text(view).find("state         degraded\n"), std::string::npos);
}

TEST(Status, shows_the_certificates_that_end_first) {
    StatusView view = a_balancer();
    constexpr std::int64_t day = 86400;
    for (int i = 0; i < 7; ++i) {
        view.certificates.push_back({.name = "c" + std::to_string(i),
                                     .domains = {"a.example"},
                                     .fingerprint = "0123456789abcdef",
                                     .not_after = now + (60 - i) * day + 1});
    }
    view.certificates.push_back(
        {.name = "", .domains = {"b.example"}, .fingerprint = "f", .not_after = now - 1});
    const std::string text = status_text(view);
    EXPECT_NE(text.find("8, the first to expire:"), std::string::npos);
    EXPECT_NE(text.find("tls-chain-location: expired, for b.example"), std::string::npos);
    EXPECT_NE(text.find("c6: 54 days left, for a.example"), std::string::npos);
    EXPECT_EQ(text.find("c0"), std::string::npos);
    const Json rows = parsed(status_json(view))["certificates"];
    EXPECT_EQ(rows.size(), 8u);
    EXPECT_EQ(rows[0]["days_left"], 60);
    EXPECT_EQ(rows[7]["days_left"], -1);
}

TEST(Routes, say_when_the_first_certificate_ends) {
    RoutesView view = two_routes();
    view.routes[0].certified_until = now + 12 * 86400;
    EXPECT_NE(routes_text(view).find(", its certificate ends in 12 days\n"), std::string::npos);
    EXPECT_EQ(parsed(routes_json(view))["routes"][0]["certified_until"], "2026-12-05T18:12:31Z");
    view.routes[0].certified_until = now;
    EXPECT_NE(routes_text(view).find(", its certificate has expired\n"), std::string::npos);
}

TEST(Status, of_a_backend_shows_what_is_withheld) {
    StatusView view;
    view.node_name = "b1";
    view.role = "backend";
    view.applications = 2;
    view.withheld = {{"web", "maintenance", "disk swap"}};
    EXPECT_NE(status_text(view).find("applications  2 announced, 1 of them withheld\n"
                                     "              web: maintenance, disk swap\n"),
              std::string::npos);
    EXPECT_EQ(warnings_of(view), std::vector<std::string>{"our own address is not known yet"});
    EXPECT_EQ(parsed(status_json(view))["withheld"][0]["reason"], "disk swap");
}

TEST(Generations, are_listed_the_latest_first) {
    const GenerationsView view{now,
                               {{"abc", now - 20, 9, 1200, "web: new", true, false},
                                {"def", now - 300, 8, 900, "first", false, true}}};
    EXPECT_EQ(generations_text(view),
              "GENERATION  AGE    REVISION  BYTES  STATE   WHY\n"
              "abc         20 s   9         1200   served  web: new\n"
              "def         5 min  8         900    pinned  first\n");
    EXPECT_EQ(parsed(generations_json(view))["generations"][1]["pinned"], true);
    EXPECT_EQ(generations_text({}), "no generation is kept\n");
}

TEST(Http, tells_a_problem_as_json_whatever_is_in_it) {
    const Response response = problem(404, "no \"such\"\nthing");
    EXPECT_EQ(response.status, 404);
    const Json json = parsed(response.body);
    EXPECT_EQ(json["title"], "Not Found");
    EXPECT_EQ(json["detail"], "no \"such\"\\x0athing");
}

TEST(Http, knows_two_formats) {
    EXPECT_EQ(format_of({}), Format::Json);
    EXPECT_EQ(format_of({.query = {{"format", "text"}}}), Format::Text);
    EXPECT_FALSE(format_of({.query = {{"format", "xml"}}}).has_value());
}

}  // namespace scrimp::admin
