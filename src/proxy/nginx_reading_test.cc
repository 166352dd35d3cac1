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
