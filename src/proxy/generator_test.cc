#include "proxy/generator.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "proxy/nginx_lacks.h"

namespace scrimp::proxy {
namespace {

service::Application application(std::string_view name, std::uint16_t listen_port,
                                 std::vector<std::string_view> domains,
                                 service::Protocol protocol = service::Protocol::Http) {
    service::Application result{.name = *service::Name::parse(name),
                                .listen_port = listen_port,
                                .application_port = 8080,
                                .protocol = protocol,
                                .domains = {}};
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

RenderOptions options() {
    return {.tls_chain_path = "/etc/ssl/chain.pem", .tls_key_path = "/etc/ssl/key.pem"};
}

Rendered render(const service::RoutingTable& table, const RenderOptions& with = options()) {
    const auto rendered = find_generator("nginx")->render(table, with);
    EXPECT_TRUE(rendered) << rendered.error().message;
    return rendered.value_or(Rendered{});
}

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

TEST(Generators, are_found_in_any_case) {
    ASSERT_NE(find_generator("Nginx"), nullptr);
    EXPECT_EQ(find_generator("Nginx")->name, "nginx");
    EXPECT_EQ(find_generator("DUMMY")->name, "dummy");
    EXPECT_EQ(find_generator("ngin"), nullptr);
    EXPECT_EQ(find_generator("nginxx"), nullptr);
    EXPECT_EQ(find_generator(""), nullptr);
}

TEST(DummyGenerator, gives_the_same_text_whatever_the_table) {
    const auto* dummy = find_generator("dummy");
    const service::RoutingTable table{
        .revision = 1, .routes = {route(application("web", 443, {"a.example"}), {"10.0.0.1:80"})}};
    EXPECT_EQ(dummy->render({}, options()), dummy->render(table, {}));
    EXPECT_FALSE(dummy->serves_generation);
    EXPECT_TRUE(dummy->default_check_command.empty());
    EXPECT_TRUE(dummy->default_reload_command.empty());
}

TEST(NginxGenerator, gives_equal_bytes_for_equal_tables_whatever_their_revision) {
    service::RoutingTable table{
        .revision = 1, .routes = {route(application("web", 443, {"a.example"}), {"10.0.0.1:80"})}};
    const Rendered first = render(table);
    table.revision = 2;
    EXPECT_EQ(render(table), first);
}

TEST(NginxGenerator, names_every_text_by_a_generation_that_stands_in_it) {
    const Rendered nothing = render({});
    const Rendered something =
        render({.revision = 1,
                .routes = {route(application("web", 443, {"a.example"}), {"10.0.0.1:80"})}});
    EXPECT_NE(nothing.generation, something.generation);
    EXPECT_EQ(nothing.generation.size(), 16u);
    EXPECT_NE(nothing.text.find("return 200 \"" + nothing.generation), std::string::npos);
    EXPECT_NE(nothing.text.find(std::string(generation_path)), std::string::npos);
}

TEST(NginxGenerator, finds_the_generation_in_a_text_of_its_own_only) {
    const Rendered rendered = render({});
    const auto generation_in = find_generator("nginx")->generation_in;
    EXPECT_EQ(generation_in(rendered.text), rendered.generation);
    EXPECT_EQ(generation_in("server {}\n"), "");
    EXPECT_EQ(generation_in("# Generation of the config"), "");
    EXPECT_EQ(generation_in("# Generation 0123"), "");
}

TEST(NginxGenerator, redirects_and_says_503_when_nobody_serves_anything) {
    const std::string text = render({}).text;
    EXPECT_EQ(count(text, "server {"), 2u);
    EXPECT_NE(text.find("listen 80 default_server;"), std::string::npos);
    EXPECT_NE(text.find("listen [::]:443 ssl http2 default_server;"), std::string::npos);
    EXPECT_NE(text.find("return 301 https://$host$request_uri;"), std::string::npos);
    EXPECT_NE(text.find("return 503 '"), std::string::npos);
    EXPECT_EQ(text.find("upstream scrimp_"), std::string::npos);
}

TEST(NginxGenerator, puts_ipv6_backends_in_brackets) {
    const std::string text =
        render({.revision = 1,
                .routes = {route(application("web", 443, {"a.example"}, service::Protocol::Https),
                                 {"10.0.0.1:8080", "[fd00::7]:8080"})}})
            .text;
    EXPECT_NE(text.find("server 10.0.0.1:8080 max_fails"), std::string::npos);
    EXPECT_NE(text.find("server [fd00::7]:8080 max_fails"), std::string::npos);
    EXPECT_NE(text.find("a.example https://scrimp_web;"), std::string::npos);
}

TEST(NginxGenerator, tells_weights_where_they_differ) {
    service::RoutingTable table{
        .revision = 1,
        .routes = {route(application("web", 443, {"a.example"}), {"10.0.0.1:80", "10.0.0.2:80"})}};
    for (auto& upstream : table.routes[0].upstreams) upstream.weight = 25;
    EXPECT_EQ(render(table).text.find("weight="), std::string::npos);
    table.routes[0].upstreams[1].weight = 100;
    const std::string text = render(table).text;
    EXPECT_NE(text.find("server 10.0.0.1:80 weight=25 max_fails"), std::string::npos);
    EXPECT_NE(text.find("server 10.0.0.2:80 weight=100 max_fails"), std::string::npos);
}

TEST(NginxGenerator, listens_on_no_ipv6_where_the_host_has_none) {
    RenderOptions without = options();
    without.ipv6 = false;
    EXPECT_EQ(render({}, without).text.find("listen [::]"), std::string::npos);
}

TEST(NginxGenerator, claims_a_default_server_on_every_port_in_use_once) {
    const std::string text =
        render({.revision = 1,
                .routes = {route(application("a", 8443, {"a.example"}), {"10.0.0.1:80"}),
                           route(application("b", 8443, {"b.example"}), {"10.0.0.1:80"}),
                           route(application("c", 443, {"c.example"}), {"10.0.0.1:80"})}})
            .text;
    EXPECT_EQ(count(text, "listen 8443 ssl http2 default_server;"), 1u);
    EXPECT_EQ(count(text, "listen 443 ssl http2 default_server;"), 1u);
    EXPECT_EQ(count(text, "proxy_pass $scrimp_on_8443;"), 2u);  // Events have a location.
    EXPECT_NE(text.find("    server_name a.example;\n    server_name b.example;\n"),
              std::string::npos);
    EXPECT_NE(text.find("map $host $scrimp_on_8443 {\n    hostnames;\n    default '';\n"
                        "    a.example http://scrimp_a;\n    b.example http://scrimp_b;\n}"),
              std::string::npos);
}

TEST(NginxGenerator, serves_an_application_on_the_redirect_port_in_plain_http) {
    const std::string text =
        render({.revision = 1,
                .routes = {route(application("a", 80, {"localhost"}), {"10.0.0.1:80"})}})
            .text;
    EXPECT_EQ(count(text, "listen 80 default_server;"), 1u);
    EXPECT_EQ(text.find("listen 80 ssl"), std::string::npos);
    EXPECT_NE(text.find("localhost http://scrimp_a;"), std::string::npos);
    EXPECT_NE(text.find("proxy_pass $scrimp_on_80;"), std::string::npos);
    EXPECT_EQ(count(text, "server_name localhost;"), 1u) << "not by TLS";
    EXPECT_EQ(count(text, "add_header Strict-Transport-Security"), 1u);
}

TEST(NginxGenerator, gives_a_domain_claimed_twice_on_a_port_to_the_first) {
    const std::string text =
        render({.revision = 1,
                .routes = {route(application("a", 443, {"x.example"}), {"10.0.0.1:80"}),
                           route(application("b", 443, {"x.example"}), {"10.0.0.1:80"}),
                           route(application("c", 444, {"x.example"}), {"10.0.0.1:80"})}})
            .text;
    EXPECT_EQ(count(text, "x.example http://"), 2u);
    EXPECT_EQ(text.find("x.example http://scrimp_b;"), std::string::npos);
}

TEST(NginxGenerator, escapes_domains_that_are_words_of_nginx_in_a_map) {
    const std::string text =
        render({.revision = 1,
                .routes = {route(application("a", 443, {"default", "include"}), {"10.0.0.1:80"})}})
            .text;
    EXPECT_NE(text.find(R"(\default http://scrimp_a;)"), std::string::npos);
    EXPECT_NE(text.find(R"(\include http://scrimp_a;)"), std::string::npos);
}

TEST(NginxGenerator, gives_long_domains_a_server_of_their_own) {
    const std::string length_47(47, 'a');
    const std::string text =
        render(
            {.revision = 1,
             .routes = {route(application("a", 443, {length_47, "a.example"}), {"10.0.0.1:80"})}})
            .text;
    EXPECT_NE(text.find("server_name " + length_47 + ";"), std::string::npos);
    EXPECT_NE(text.find("proxy_pass http://scrimp_a;"), std::string::npos);
    EXPECT_NE(text.find("    a.example http://scrimp_a;"), std::string::npos);
    EXPECT_EQ(count(text, length_47), 1u);
}

TEST(NginxGenerator, redirects_to_an_https_port_of_ones_own) {
    RenderOptions ports = options();
    ports.http_port = 8080;
    ports.https_port = 8443;
    const std::string text = render({}, ports).text;
    EXPECT_NE(text.find("return 301 https://$host:8443$request_uri;"), std::string::npos);
    EXPECT_EQ(text.find("443 ssl http2 default_server;\n    listen [::]:443"), std::string::npos);
}

TEST(NginxGenerator, leaves_the_redirect_out_when_there_is_no_port_for_it) {
    RenderOptions ports = options();
    ports.http_port = 0;
    EXPECT_EQ(render({}, ports).text.find("return 301"), std::string::npos);
}

TEST(NginxGenerator, names_upstreams_apart_that_nginx_would_take_for_one) {
    const std::string text =
        render({.revision = 1,
                .routes = {route(application("WEB", 443, {"a.example"}), {"10.0.0.1:80"}),
                           route(application("web", 443, {"b.example"}), {"10.0.0.1:80"}),
                           route(application("web", 444, {"c.example"}), {"10.0.0.1:80"}),
                           route(application("web_2", 445, {"d.example"}), {"10.0.0.1:80"})}})
            .text;
    EXPECT_EQ(count(text, "upstream scrimp_web {"), 1u);
    EXPECT_EQ(count(text, "upstream scrimp_web_2 {"), 1u);
    EXPECT_EQ(count(text, "upstream scrimp_web_3 {"), 1u);
    EXPECT_EQ(count(text, "upstream scrimp_web_2_2 {"), 1u);
}

TEST(NginxGenerator, keeps_two_idle_connections_for_each_backend_within_bounds) {
    for (const auto& [backends, kept] :
         {std::pair(1, 16), std::pair(50, 100), std::pair(200, 256)}) {
        service::Route web = route(application("web", 443, {"a.example"}), {});
        for (int i = 1; i <= backends; ++i) {
            web.upstreams.push_back(
                {.member_name = "b" + std::to_string(i),
                 .endpoint = *parse_endpoint("10.0.0." + std::to_string(i) + ":80")});
        }
        const std::string text = render({.revision = 1, .routes = {web}}).text;
        EXPECT_EQ(count(text, "keepalive " + std::to_string(kept) + ";"), 1u) << backends;
    }
}

TEST(NginxGenerator, asks_for_a_larger_hash_bucket_only_for_long_names) {
    const std::string label(50, 'a');
    const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                std::string(63, 'c') + "." + std::string(61, 'd');
    const auto of = [](std::string_view domain) {
        return render({.revision = 1,
                       .routes = {route(application("web", 443, {domain}), {"10.0.0.1:80"})}})
            .text;
    };
    EXPECT_EQ(of("a.example").find("server_names_hash"), std::string::npos);
    EXPECT_NE(of(label).find("server_names_hash_bucket_size 128;"), std::string::npos);
    EXPECT_NE(of(longest).find("server_names_hash_bucket_size 512;"), std::string::npos);
}

TEST(NginxGenerator, escapes_what_a_path_may_hold_and_refuses_what_it_cannot_spell) {
    const auto* nginx = find_generator("nginx");
    RenderOptions paths = options();
    paths.tls_chain_path = "/etc/my ssl;/\"quoted\"\\{chain}.pem";
    const auto rendered = nginx->render({}, paths);
    ASSERT_TRUE(rendered);
    EXPECT_NE(rendered->text.find(R"(ssl_certificate "/etc/my ssl;/\"quoted\"\\{chain}.pem";)"),
              std::string::npos);
    for (const std::string_view bad : {"", "/a$b", "/a\nb", "data:x", "engine:x:y"}) {
        paths.tls_chain_path = bad;
        EXPECT_FALSE(nginx->render({}, paths)) << bad;
    }
    paths.tls_chain_path = std::string(5000, 'a');
    EXPECT_FALSE(nginx->render({}, paths));
}

TEST(NginxGenerator, refuses_one_port_for_both_redirect_and_tls) {
    RenderOptions ports = options();
    ports.http_port = 443;
    EXPECT_FALSE(find_generator("nginx")->render({}, ports));
    ports.https_port = 0;
    EXPECT_FALSE(find_generator("nginx")->render({}, ports));
}

TEST(NginxGenerator, gives_locations_of_its_own_only_to_who_asks_for_more) {
    service::Options asked;
    asked.balance = service::Balance::LeastConnections;
    asked.compression = true;
    auto balanced = application("balanced", 443, {"balanced.example"});
    balanced.options = service::SharedOptions(asked);
    asked.compression = false;
    auto other = application("other", 443, {"other.example"});
    other.options = service::SharedOptions(asked);
    const auto text =
        render({.revision = 1,
                .routes = {route(balanced, {"10.0.0.1:80"}), route(other, {"10.0.0.2:80"})}})
            .text;
    EXPECT_EQ(count(text, "balanced.example http://scrimp_balanced;"), 1U);
    EXPECT_EQ(count(text, "proxy_pass http://scrimp_balanced;"), 0U);
    EXPECT_EQ(count(text, "other.example http://scrimp_other;"), 0U);
    EXPECT_EQ(count(text, "server_name other.example;"), 1U);
    EXPECT_EQ(count(text, "least_conn;\n"), 2U);
}

TEST(NginxGenerator, tells_a_consistent_hash_of_weights_in_sixteenths) {
    service::Options asked;
    asked.balance = service::Balance::IpHash;
    auto web = application("web", 443, {"web.example"});
    web.options = service::SharedOptions(asked);
    auto weighted = route(web, {"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"});
    weighted.upstreams[1].weight = 25;
    weighted.upstreams[2].weight = 1;
    const auto text = render({.revision = 1, .routes = {weighted}}).text;
    EXPECT_NE(text.find("10.0.0.1:80 weight=16 "), std::string::npos);
    EXPECT_NE(text.find("10.0.0.2:80 weight=4 "), std::string::npos);
    EXPECT_NE(text.find("10.0.0.3:80 weight=1 "), std::string::npos);
}

TEST(NginxLacks, names_what_is_asked_in_vain) {
    const auto lacks = [](const service::Options& asked,
                          service::Protocol protocol = service::Protocol::Http) {
        auto web = application("web", 443, {"web.example"}, protocol);
        web.options = service::SharedOptions(asked);
        const std::string words = lacks_nginx(web).value_or("");
        return words.substr(0, words.find(':'));
    };
    service::Options asked;
    asked.sticky_cookie = "seat";
    asked.canary = service::Canary{.label = "new", .share = 5};
    asked.response_headers = {{"X-Frame-Options", ""}};
    EXPECT_EQ(lacks(asked), "");
    EXPECT_EQ(lacks(asked, service::Protocol::Grpcs), "");
    EXPECT_EQ(lacks({}, service::Protocol::Udp), "protocol");
    asked.response_headers.push_back({"server", "mine"});
    EXPECT_EQ(lacks(asked), "response-headers");
    asked.proxy_protocol = true;
    EXPECT_EQ(lacks(asked), "proxy-protocol");
    asked.basic_auth = {{"anna", "$2y$05$x"}};
    EXPECT_EQ(lacks(asked), "basic-auth");
}

}  // namespace
}  // namespace scrimp::proxy
