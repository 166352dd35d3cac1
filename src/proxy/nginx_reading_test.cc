#include "proxy/nginx_reading.h"

#include <gtest/gtest.h>

#include "proxy/nginx.h"

namespace scrimp::proxy {
namespace {

RenderOptions options() {
    return {.tls_chain_path = "/etc/ssl/chain.pem", .tls_key_path = "/etc/ssl/key.pem"};
}

service::Route route(std::string_view name, std::uint16_t port,
                     const std::vector<std::string>& domains,
                     service::Protocol protocol = service::Protocol::Http) {
    service::Route made{.application = {.name = *service::Name::parse(name),
                                        .listen_port = port,
                                        .application_port = 8080,
                                        .protocol = protocol,
                                        .domains = {}},
                        .upstreams = {}};
    for (const std::string& domain : domains) {
        made.application.domains.push_back(*service::Domain::parse(domain));
    }
    for (const char* endpoint : {"10.0.0.1:80", "[fd00::7]:8080"}) {
        service::Upstream upstream;
        upstream.endpoint = *parse_endpoint(endpoint);
        made.upstreams.push_back(upstream);
    }
    return made;
}

const std::string long_label(60, 'l');

/// All that makes the generator take another way.
service::RoutingTable table() {
    return {
        .revision = 3,
        .routes = {route("Api", 443, {"*.api.example", "api.example", "default"}),
                   route("plain", 80, {"plain.example", "p." + long_label + ".example"}),
                   route("shop", 8443, {long_label + ".example", "x.y"}, service::Protocol::Https),
                   route("web_2", 443, {"*." + long_label + ".x", "a." + long_label + ".x"})}};
}

std::string text_of(const service::RoutingTable& table, const RenderOptions& with = options()) {
    return render_nginx(table, with)->text;
}

TEST(NginxReading, accepts_what_the_generator_writes) {
    for (const bool ipv6 : {true, false}) {
        for (const std::uint16_t http_port : std::initializer_list<std::uint16_t>{80, 8080, 0}) {
            RenderOptions with = options();
            with.ipv6 = ipv6;
            with.http_port = http_port;
            for (const auto& each : {table(), service::RoutingTable()}) {
                const auto checked = check_nginx_rendering(text_of(each, with), with);
                EXPECT_TRUE(checked) << checked.error().message;
            }
        }
    }
}

TEST(NginxReading, accepts_weights) {
    service::RoutingTable weighted = table();
    weighted.routes[0].upstreams[0].weight = 25;
    const auto checked = check_nginx_rendering(text_of(weighted), options());
    EXPECT_TRUE(checked) << checked.error().message;
}

TEST(NginxReading, refuses_a_line_more_a_line_less_and_any_other_byte) {
    const std::string text = text_of(table());
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        const std::size_t end = text.find('\n', at) + 1;
        const std::string line = text.substr(at, end - at);
        EXPECT_FALSE(check_nginx_rendering(text.substr(0, at) + text.substr(end), options()))
            << "without " << line;
        EXPECT_FALSE(check_nginx_rendering(
            text.substr(0, at) + "include /etc/shadow;\n" + text.substr(at), options()));
        std::string other = text;
        other[at + line.size() / 2] ^= 1;
        EXPECT_FALSE(check_nginx_rendering(other, options())) << "changed " << line;
    }
}

TEST(NginxReading, refuses_other_paths_and_ports_than_its_own) {
    const std::string text = text_of(table());
    RenderOptions other = options();
    other.tls_key_path = "/etc/shadow";
    EXPECT_FALSE(check_nginx_rendering(text, other));
    other = options();
    other.https_port = 444;
    EXPECT_FALSE(check_nginx_rendering(text, other));
}

service::RoutingTable table_that_asks() {
    service::Options much;
    much.balance = service::Balance::IpHash;
    much.sticky_cookie = "seat";
    much.body_limit_bytes = 0;
    much.read_timeout = std::chrono::milliseconds{1500};
    much.allow = {*parse_network("10.0.0.0/8")};
    much.www = service::Www::Add;
    much.redirects = {{"/old", "/new", 308}};
    // More than a line of a note holds.
    const std::string longest(500, 'x');
    much.response_headers = {{"x-long", longest}, {"x-longer", longest}, {"x-short", ""}};
    service::Options api;
    api.paths = {"/api"};
    service::RoutingTable asks = table();
    asks.routes[0].application.options = service::SharedOptions(much);
    asks.routes[0].upstreams[0].weight = 25;
    asks.routes.push_back(route("root", 443, {"both.example"}));
    asks.routes.push_back(route("v1", 443, {"both.example", "one.example"}));
    asks.routes.back().application.options = service::SharedOptions(api);
    asks.routes.push_back(route("rpc", 443, {"rpc.example"}, service::Protocol::Grpc));
    return asks;
}

TEST(NginxReading, accepts_what_an_application_asks) {
    const auto checked = check_nginx_rendering(text_of(table_that_asks()), options());
    EXPECT_TRUE(checked) << checked.error().message;
}

TEST(NginxReading, refuses_what_is_not_as_it_was_asked) {
    const std::string text = text_of(table_that_asks());
    const auto changed = [&text](std::string_view from, std::string_view to) {
        std::string other = text;
        const auto at = other.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return other.replace(at, from.size(), to);
    };
    EXPECT_FALSE(check_nginx_rendering(changed("allow 10.0.0.0/8;", "allow all;"), options()));
    EXPECT_FALSE(check_nginx_rendering(changed("\"seat\"", "\"neat\""), options()));
    EXPECT_FALSE(check_nginx_rendering(changed("#: ", "#: {"), options()));
    EXPECT_FALSE(
        check_nginx_rendering(changed("hash $remote_addr", "hash $remote_user"), options()));
}

/// Each would be rendered with all that is said of the name.
TEST(NginxReading, refuses_an_upstream_that_is_there_already) {
    const std::string text = text_of(table());
    const auto at = text.find("upstream scrimp_plain {");
    ASSERT_NE(at, std::string::npos);
    const std::string block = text.substr(at, text.find("}\n", at) + 2 - at);
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += block;
    EXPECT_FALSE(check_nginx_rendering(text.substr(0, at) + many + text.substr(at), options()));
}

TEST(NginxReading, names_the_line_that_is_not_the_generators) {
    std::string text = text_of({});
    const auto at = text.find("geo $scrimp_local");
    text.insert(at, "load_module evil.so;\n");
    const auto checked = check_nginx_rendering(text, options());
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().message.find("'load_module evil.so;'"), std::string::npos)
        << checked.error().message;
    EXPECT_FALSE(check_nginx_rendering("", options()));
}

}  // namespace
}  // namespace scrimp::proxy
