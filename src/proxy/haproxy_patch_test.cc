#include "proxy/haproxy_patch.h"

#include <gtest/gtest.h>

#include "proxy/difference.h"

namespace scrimp::proxy {
namespace {

using Lines = std::vector<std::string>;
using Hosts = std::vector<std::pair<int, std::uint16_t>>;  ///< Last byte of an address, and weight.

service::Route route_to(std::string_view name, const Hosts& hosts) {
    service::Route route{.application = {.name = *service::Name::parse(name),
                                         .listen_port = 443,
                                         .application_port = 80,
                                         .protocol = service::Protocol::Http,
                                         .domains = {*service::Domain::parse(name)}},
                         .upstreams = {}};
    for (const auto& [host, weight] : hosts) {
        route.upstreams.push_back({.member_name = "b",
                                   .endpoint = *parse_ip("10.0.0." + std::to_string(host), 80),
                                   .weight = weight});
    }
    return route;
}

std::unique_ptr<Patch> patch(const std::vector<service::Route>& before,
                             const std::vector<service::Route>& after) {
    const service::RoutingTable old{.revision = 1, .routes = before};
    const service::RoutingTable next{.revision = 2, .routes = after};
    return patch_haproxy({routes_of(old), routes_of(next), "/lb.cfg", "abc"});
}

/// As HAProxy writes it: place, address, whether it is on, weight.
std::string line_of(std::string_view backend, int place, int host, bool on, int weight) {
    return "4 " + std::string(backend) + " " + std::to_string(place) + " s" +
           std::to_string(place) + " 10.0.0." + std::to_string(host) + (on ? " 2 4 " : " 0 5 ") +
           std::to_string(weight) + " 100 10 1 0 2 0 0 0 0 - 80 - 0 0 - - 0\n";
}

std::string state_of(const std::string& lines) {
    return "1\n# be_id be_name srv_id srv_name srv_addr …\n" + lines + "\n";
}

/// What is asked, up to an error, which is the last line then.
Lines talk(Patch& patch, const Lines& answers) {
    Lines said;
    std::size_t answered = 0;
    while (const auto request = patch.next()) {
        said.push_back(*request);
        const auto taken =
            patch.handle_answer(answered < answers.size() ? answers[answered++] : "\n");
        if (taken) continue;
        said.push_back("error: " + taken.error().message);
        break;
    }
    return said;
}

TEST(HaproxyPatch, gives_a_newcomer_a_spare_place_and_takes_out_who_leaves) {
    const auto made =
        patch({route_to("web", {{1, 100}, {2, 100}})}, {route_to("web", {{1, 50}, {3, 100}})});
    ASSERT_TRUE(made);
    const auto line = [](auto... of) { return line_of("scrimp_web", of...); };
    EXPECT_EQ(talk(*made, {state_of(line(1, 1, true, 100) + line(2, 2, true, 100) +
                                    line(3, 2, false, 1) + line(4, 9, false, 1)),
                           "\n",
                           state_of(line(1, 1, true, 50) + line(2, 2, false, 100) +
                                    line(4, 3, true, 100))}),
              (Lines{"show servers state scrimp_web",
                     "set server scrimp_web/s1 weight 50;"
                     "set server scrimp_web/s4 addr 10.0.0.3 port 80;"
                     "set server scrimp_web/s4 weight 100;set server scrimp_web/s4 state ready;"
                     "set server scrimp_web/s2 state maint",
                     "show servers state scrimp_web", "set map /lb.cfg #generation abc"}));
}

TEST(HaproxyPatch, gives_who_comes_back_the_place_he_had) {
    const auto made = patch({route_to("web", {{1, 100}})}, {route_to("web", {{1, 100}, {2, 100}})});
    ASSERT_TRUE(made);
    const auto said = talk(*made, {state_of(line_of("scrimp_web", 1, 1, true, 100) +
                                            line_of("scrimp_web", 2, 9, false, 1) +
                                            line_of("scrimp_web", 3, 2, false, 100))});
    ASSERT_GE(said.size(), 2u);
    EXPECT_TRUE(said[1].starts_with("set server scrimp_web/s3 addr 10.0.0.2 port 80;"));
}

TEST(HaproxyPatch, takes_out_whoever_else_it_finds_to_be_on) {
    const auto made = patch({route_to("web", {{1, 100}})}, {route_to("web", {{1, 50}})});
    ASSERT_TRUE(made);
    const auto line = [](auto... of) { return line_of("scrimp_web", of...); };
    const auto said = talk(*made, {state_of(line(1, 1, true, 100) + line(2, 7, true, 100))});
    ASSERT_GE(said.size(), 2u);
    EXPECT_EQ(said[1], "set server scrimp_web/s1 weight 50;set server scrimp_web/s2 state maint");
}

TEST(HaproxyPatch, gives_up_where_places_are_used_up_or_the_answer_is_none) {
    const auto before = route_to("web", {{1, 100}});
    const auto after = route_to("web", {{1, 100}, {2, 100}});
    for (const std::string& answer :
         {state_of(line_of("scrimp_web", 1, 1, true, 100)), std::string("Can't find backend.\n\n"),
          std::string("Permission denied\n\n"), std::string(),
          state_of(line_of("scrimp_other", 2, 9, false, 1)),
          state_of("4 scrimp_web 2 s2;quit 10.0.0.9 0 5 1 1 1 1 0 0 8 0 0 0 - 1 - 0\n")}) {
        const auto made = patch({before}, {after});
        ASSERT_TRUE(made);
        const auto said = talk(*made, {answer});
        ASSERT_EQ(said.size(), 2u) << answer;
        EXPECT_TRUE(said.back().starts_with("error: ")) << said.back();
    }
}

TEST(HaproxyPatch, believes_only_what_the_proxy_shows_afterwards) {
    const auto line = [](auto... of) { return line_of("scrimp_web", of...); };
    const std::string looked = state_of(line(1, 1, true, 100) + line(2, 9, false, 1));
    for (const std::string& shown : {looked, state_of(line(2, 3, true, 1)),
                                     state_of(line(1, 1, true, 100) + line(2, 3, true, 100))}) {
        const auto made = patch({route_to("web", {{1, 100}})}, {route_to("web", {{3, 100}})});
        ASSERT_TRUE(made);
        const auto said = talk(*made, {looked, "\n", shown});
        EXPECT_TRUE(said.back().starts_with("error: haproxy did not take")) << said.back();
    }
}

TEST(HaproxyPatch, asks_only_for_backends_that_change) {
    const auto made = patch({route_to("api", {{7, 100}}), route_to("web", {{1, 100}})},
                            {route_to("api", {{7, 100}}), route_to("web", {{1, 10}})});
    ASSERT_TRUE(made);
    EXPECT_EQ(*made->next(), "show servers state scrimp_web");
    EXPECT_EQ(talk(*patch({route_to("api", {{7, 100}})}, {route_to("api", {{7, 100}})}), {}),
              (Lines{"set map /lb.cfg #generation abc"}));
}

TEST(HaproxyPatch, leaves_another_set_of_applications_to_a_reload) {
    const auto web = route_to("web", {{1, 100}});
    auto moved = web;
    moved.application.listen_port = 8443;
    EXPECT_FALSE(patch({web}, {}));
    EXPECT_FALSE(patch({web}, {moved}));
    EXPECT_FALSE(patch({web}, {route_to("api", {{1, 100}}), web}));
}

TEST(HaproxyPatch, leaves_other_options_to_a_reload_but_not_what_backends_say_of_themselves) {
    const auto before = route_to("web", {{1, 100}});
    auto heavier = route_to("web", {{1, 50}});
    heavier.application.weight = 50;
    heavier.application.label = service::Shared<std::string>("next");
    EXPECT_TRUE(patch({before}, {heavier}));
    auto stickier = before;
    stickier.application.options =
        service::SharedOptions(service::Options{.sticky_cookie = "stick"});
    EXPECT_FALSE(patch({before}, {stickier}));
}

TEST(HaproxyPatch, cuts_what_it_says_into_lines_that_haproxy_reads) {
    Hosts hosts = {{1, 100}};
    std::string state = line_of("scrimp_web", 1, 1, true, 100);
    for (int host = 2; host < 200; ++host) {
        hosts.emplace_back(host, 100);
        state += line_of("scrimp_web", host, 0, false, 1);
    }
    const auto made = patch({route_to("web", {{1, 100}})}, {route_to("web", hosts)});
    ASSERT_TRUE(made);
    const auto said = talk(*made, {state_of(state)});
    EXPECT_GT(said.size(), 4u);
    for (const auto& request : said) EXPECT_LT(request.size(), 8192u);
}

}  // namespace
}  // namespace scrimp::proxy
