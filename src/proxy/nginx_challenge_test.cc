#include "proxy/nginx_challenge.h"

#include <string>

#include <gtest/gtest.h>

#include "proxy/generator.h"

namespace scrimp::proxy {
namespace {

std::string rendered(const std::string& socket, std::uint16_t listen_port,
                     std::vector<std::string> paths = {}) {
    service::Options options;
    options.paths = std::move(paths);
    const service::RoutingTable table{
        .revision = 1,
        .routes = {
            {.application = {.name = *service::Name::parse("web"),
                             .listen_port = listen_port,
                             .application_port = 8080,
                             .protocol = service::Protocol::Http,
                             .domains = {*service::Domain::parse("a.example")},
                             .options = service::SharedOptions(options)},
             .upstreams = {{.member_name = "b1", .endpoint = *parse_endpoint("10.0.0.1:8080")}}}}};
    return find_generator("nginx")
        ->render(table, {.tls_chain_path = "/chain.pem",
                         .tls_key_path = "/key.pem",
                         .challenge_socket = socket})
        ->text;
}

/// What stands in the block that begins so.
std::string block(const std::string& text, const std::string& head) {
    const std::size_t at = text.find(head);
    return at == std::string::npos ? "" : text.substr(at, text.find("\n    }", at) - at);
}

const std::string asked = "location ^~ /.well-known/acme-challenge/ {";
const std::string otherwise = "location @scrimp_not_ours {";

/// Where challenges go that are not ours in the server of an application with paths.
std::string own_server(std::vector<std::string> paths) {
    const std::string text = rendered("/s", 80, std::move(paths));
    return block(text.substr(text.find("server_name a.example;")), otherwise);
}

TEST(NginxChallenges, are_asked_of_the_daemon_on_the_plain_port_alone) {
    const std::string text = rendered("/run/challenges.sock", 443);
    EXPECT_NE(block(text, asked).find("proxy_pass http://unix:/run/challenges.sock;"),
              std::string::npos);
    EXPECT_EQ(text.find(asked, text.find(asked) + 1), std::string::npos);
    EXPECT_NE(block(text, otherwise).find("return 301 https://"), std::string::npos);
    EXPECT_EQ(rendered("", 443).find("acme"), std::string::npos);
}

TEST(NginxChallenges, that_are_not_ours_are_those_of_the_application_on_that_port) {
    EXPECT_NE(block(rendered("/s", 80), otherwise).find("proxy_pass $scrimp_on_80;"),
              std::string::npos);
    EXPECT_NE(own_server({"/", "/api"}).find("proxy_pass http://scrimp_web;"), std::string::npos);
    EXPECT_NE(own_server({"/api"}).find("return 301 https://"), std::string::npos);
}

}  // namespace
}  // namespace scrimp::proxy
