#include "proxy/caddy.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "proxy/caddy_route.h"

namespace scrimp::proxy {
namespace {

using Json = nlohmann::json;

service::Application application(std::string_view name, std::uint16_t listen_port,
                                 std::vector<std::string_view> domains,
                                 service::Options options = {}) {
    service::Application result{.name = *service::Name::parse(name),
                                .listen_port = listen_port,
                                .application_port = 8080,
                                .protocol = service::Protocol::Http,
                                .domains = {},
                                .options = service::SharedOptions(std::move(options))};
    for (const auto domain : domains) result.domains.push_back(*service::Domain::parse(domain));
    return result;
}

service::Route route(service::Application app, std::vector<std::string_view> endpoints) {
    service::Route result{.application = std::move(app), .upstreams = {}};
    for (const auto endpoint : endpoints) {
        result.upstreams.push_back(
            {.member_name = "member", .endpoint = *parse_endpoint(endpoint)});
    }
    return result;
}

Rendered render(std::vector<service::Route> routes) {
    const RenderOptions options{.tls_chain_path = "/etc/ssl/chain.pem",
                                .tls_key_path = "/etc/ssl/key.pem"};
    const auto rendered = render_caddy({.revision = 1, .routes = std::move(routes)}, options);
    EXPECT_TRUE(rendered) << rendered.error().message;
    return rendered.value_or(Rendered{});
}

Json routes_on(const Rendered& rendered, const std::string& server) {
    return Json::parse(rendered.text)["apps"]["http"]["servers"][server]["routes"];
}

/// The last handler of a route: the proxy.
Json proxy_of(const Json& route) {
    return route["handle"].back();
}

std::vector<std::string> names_of(const Json& routes) {
    std::vector<std::string> names;
    for (const Json& each : routes) {
        if (each.contains("@id")) names.push_back(each["@id"]);
    }
    return names;
}

TEST(CaddyGenerator, names_every_text_by_a_generation_that_stands_in_it) {
    const Rendered nothing = render({});
    const Rendered web = render({route(application("web", 443, {"a.example"}), {"10.0.0.1:80"})});
    EXPECT_NE(nothing.generation, web.generation);
    EXPECT_EQ(render({}), nothing);
    EXPECT_EQ(generation_in_caddy(web.text), web.generation);
    EXPECT_EQ(routes_on(web, "scrimp_80")[0]["handle"][0]["body"], web.generation + "\n");
    EXPECT_EQ(generation_in_caddy("{}\n"), "");
    EXPECT_EQ(generation_in_caddy(web.text.substr(0, 30)), "");
}

TEST(CaddyGenerator, takes_no_applications_name_for_the_generation) {
    const Rendered rendered = render(
        {route(application("generation-0000000000000000", 443, {"a.example"}), {"10.0.0.1:80"})});
    EXPECT_EQ(names_of(routes_on(rendered, "scrimp_443")),
              std::vector<std::string>{"scrimp_generation-0000000000000000"});
}

TEST(CaddyGenerator, asks_own_names_before_wildcards_and_long_ones_of_both_first) {
    service::Options api;
    api.paths = {"/api"};
    const Rendered rendered =
        render({route(application("any", 443, {"*.example"}), {"10.0.0.1:80"}),
                route(application("below", 443, {"*.a.example"}), {"10.0.0.1:80"}),
                route(application("web", 443, {"a.example"}), {"10.0.0.1:80"}),
                route(application("api", 443, {"a.example"}, api), {"[fd00::7]:80"})});
    const Json routes = routes_on(rendered, "scrimp_443");
    EXPECT_EQ(names_of(routes),
              (std::vector<std::string>{"scrimp_api", "scrimp_web", "scrimp_below", "scrimp_any"}));
    EXPECT_EQ(routes[0]["match"][0]["path_regexp"]["pattern"], "^/api(/|$)");
    EXPECT_EQ(proxy_of(routes[0])["upstreams"][0]["dial"], "[fd00::7]:80");
    EXPECT_EQ(routes[2]["match"][0]["vars_regexp"]["{http.request.host}"]["pattern"],
              R"((?i)^.+\.a\.example$)");
}

TEST(CaddyGenerator, says_what_caddy_would_leave_out) {
    service::Options options;
    options.sticky_cookie = "stick";
    options.body_limit_bytes = 10;
    options.request_headers = {{.name = "user-agent", .value = ""}, {.name = "x-a", .value = ""}};
    const std::string text =
        render({route(application("a", 443, {"a.example"}, std::move(options)), {"10.0.0.1:80"})})
            .text;
    for (const char* said : {"> 10\"}", "\"replace\": \"$1; HttpOnly; SameSite=Lax; Secure\"",
                             "\"User-Agent\": [\"\"]", "\"delete\": [\"x-a\"]"}) {
        EXPECT_NE(text.find(said), std::string::npos) << said;
    }
}

TEST(CaddyGenerator, leads_a_path_that_nobody_has_of_an_own_name_to_no_wildcard) {
    service::Options api;
    api.paths = {"/api"};
    const Json routes =
        routes_on(render({route(application("any", 443, {"*.example"}), {"10.0.0.1:80"}),
                          route(application("api", 443, {"a.example"}, api), {"10.0.0.1:80"})}),
                  "scrimp_443");
    EXPECT_EQ(routes[1]["match"][0]["host"], Json::array({"a.example"}));
    EXPECT_EQ(routes[1]["handle"][0]["status_code"], 503);
}

TEST(CaddyGenerator, puts_many_routes_behind_groups_of_names) {
    std::vector<service::Route> many;
    for (int i = 0; i < 300; ++i) {
        const std::string name = "a" + std::to_string(i);
        many.push_back(route(application(name, 443, {name + ".example"}), {"10.0.0.1:80"}));
    }
    const Json routes = routes_on(render(std::move(many)), "scrimp_443");
    ASSERT_EQ(routes.size(), 4u) << "three groups and the page";
    EXPECT_EQ(routes[0]["match"][0]["host"].size(), 128u);
    EXPECT_EQ(routes[2]["handle"][0]["routes"].size(), 300u - 256u);
}

TEST(CaddyGenerator, gives_a_backend_of_more_weight_more_places_spread_evenly) {
    std::vector<service::Route> table = {
        route(application("web", 443, {"a.example"}), {"10.0.0.1:80", "10.0.0.2:80"})};
    table[0].upstreams[0].weight = 75;
    table[0].upstreams[1].weight = 25;
    std::vector<std::string> dialed;
    const Json routes = routes_on(render(std::move(table)), "scrimp_443");
    const Json proxy = proxy_of(routes[0]);
    for (const Json& each : proxy["upstreams"]) dialed.push_back(each["dial"]);
    EXPECT_EQ(dialed, (std::vector<std::string>{"10.0.0.1:80", "10.0.0.1:80", "10.0.0.2:80",
                                                "10.0.0.1:80"}));
}

TEST(CaddyGenerator, serves_an_application_on_the_redirect_port_in_plain_http) {
    const Rendered rendered = render({route(application("a", 80, {"a.example"}), {"10.0.0.1:80"})});
    const Json server = Json::parse(rendered.text)["apps"]["http"]["servers"]["scrimp_80"];
    EXPECT_FALSE(server.contains("tls_connection_policies"));
    EXPECT_EQ(names_of(server["routes"]), std::vector<std::string>{"scrimp_a"});
    EXPECT_EQ(server["routes"].back()["handle"][0]["status_code"], 301);
}

TEST(CaddyGenerator, shows_each_name_its_certificate_and_rejects_others) {
    const auto domains = [](std::string_view name) {
        return std::vector{*service::Domain::parse(name)};
    };
    const Certificate wild{.name = "wild",
                           .chain_path = "/w/chain",
                           .key_path = "/w/key",
                           .fingerprint = "0123456789abcdef",
                           .domains = domains("*.example")};
    const Certificate own{.name = "own",
                          .chain_path = "/o/chain",
                          .key_path = "/o/key",
                          .fingerprint = "fedcba9876543210",
                          .domains = domains("a.example")};
    const RenderOptions options{
        .tls_chain_path = "/c",
        .tls_key_path = "/k",
        .tls_profile = TlsProfile::Modern,
        .certificates = std::make_shared<const Certificates>(std::vector{wild, own})};
    const auto rendered = render_caddy(
        {.revision = 1, .routes = {route(application("b", 443, {"b.other"}), {"10.0.0.1:80"})}},
        options);
    ASSERT_TRUE(rendered);
    const Json apps = Json::parse(rendered->text)["apps"];
    EXPECT_EQ(apps["tls"]["certificates"]["load_files"].size(), 3u);
    const Json policies = apps["http"]["servers"]["scrimp_443"]["tls_connection_policies"];
    ASSERT_EQ(policies.size(), 3u);
    EXPECT_EQ(policies[0]["match"]["sni"], Json::array({"b.other"}));
    EXPECT_EQ(policies[1]["match"]["sni"], Json::array({"a.example"}));
    EXPECT_EQ(policies[1]["certificate_selection"]["any_tag"],
              Json::array({"scrimp-own-fedcba9876543210"}));
    EXPECT_EQ(policies[2]["match"]["sni"], Json::array({"*.example"}));
    EXPECT_EQ(policies[2]["protocol_min"], "tls1.3");
}

TEST(CaddyGenerator, refuses_what_it_cannot_spell) {
    const auto said = [](const RenderOptions& options) {
        const auto rendered = render_caddy({}, options);
        return rendered ? std::string() : rendered.error().message;
    };
    EXPECT_TRUE(said({.tls_chain_path = "", .tls_key_path = "/k"}).starts_with("tls-chain"));
    EXPECT_TRUE(said({.tls_chain_path = "/c", .tls_key_path = "/{k}"}).starts_with("tls-key"));
    EXPECT_NE(said({.tls_chain_path = "/c", .tls_key_path = "/k", .http_port = 443}), "");
}

TEST(CaddyLacks, says_in_words_what_caddy_cannot_do) {
    const auto lacks = [](service::Options options) {
        return lacks_caddy(application("a", 443, {"a.example"}, std::move(options)));
    };
    EXPECT_FALSE(lacks({}));
    service::Options told;
    told.proxy_protocol = true;
    EXPECT_EQ(lacks(told), "proxy-protocol: caddy 2.6 cannot send it");
    told = {};
    told.basic_auth = {{.user = "joe", .hash = "$6$salt$hash"}};
    EXPECT_TRUE(lacks(told)->starts_with("basic-auth: "));
    told.basic_auth[0].hash = "$2y$05$abc";
    EXPECT_FALSE(lacks(told));
    told.canary = {.label = "new", .share = 5};
    EXPECT_FALSE(lacks(told));
    told.balance = service::Balance::IpHash;
    EXPECT_TRUE(lacks(told)->starts_with("canary: "));
}

}  // namespace
}  // namespace scrimp::proxy
