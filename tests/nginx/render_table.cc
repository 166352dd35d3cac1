// Renders a routing table, given as JSON on standard input, to nginx's configuration on standard
// output: how the tests in Python come by the text that the daemon would write.
#include <cstdio>
#include <iostream>

#include <nlohmann/json.hpp>

#include "proxy/generator.h"

namespace {

using nlohmann::json;
using namespace scrimp;

template <class T>
T must(Result<T> result) {
    if (result) return *std::move(result);
    std::fprintf(stderr, "render_table: %s\n", result.error().message.c_str());
    std::exit(1);
}

/// Its options as an application announces them.
service::Route route_of(const json& from) {
    json object = from.at("options");
    object["name"] = from.at("name");
    object["listen-port"] = from.at("listen_port");
    object["application-port"] = "8080";
    object["protocol"] = from.at("protocol");
    object["domains"] = from.at("domains");
    service::Route route{.application = must(service::parse_application(object)), .upstreams = {}};
    for (const std::string endpoint : from.at("upstreams")) {
        route.upstreams.push_back({.member_name = {}, .endpoint = must(parse_endpoint(endpoint))});
    }
    return route;
}

}  // namespace

int main() {
    const json input = json::parse(std::cin);
    service::RoutingTable table;
    for (const json& route : input.at("routes")) table.routes.push_back(route_of(route));
    const proxy::RenderOptions options{.tls_chain_path = input.at("chain"),
                                       .tls_key_path = input.at("key"),
                                       .http_port = input.at("http_port"),
                                       .https_port = input.at("https_port"),
                                       .ipv6 = input.at("ipv6"),
                                       .backend_ca_path = input.at("ca")};
    std::cout << must(proxy::find_generator("nginx")->render(table, options)).text;
}
