#include "proxy/nginx_servers.h"

#include <algorithm>
#include <functional>
#include <string>

#include <fmt/format.h>

namespace scrimp::proxy {
namespace {

/// A consistent hash takes 160 points of 16 bytes for each unit of weight: 41 kB a server with this
/// many, where the 256 of a weight would take 655 kB.
constexpr unsigned hash_weight_max = 16;

/// Connections that a worker keeps open while they are idle: two for each server, because those
/// that ask one after another, as round robin does, would find none of their own again among fewer.
/// The least serves bursts of a few; the most leaves half of nginx's usual 512 connections to
/// clients.
constexpr std::size_t kept_min = 16;
constexpr std::size_t kept_max = 256;

std::string_view method_of(service::Balance balance) {
    switch (balance) {
        case service::Balance::RoundRobin:
            break;
        case service::Balance::LeastConnections:
            return "least_conn;";
        case service::Balance::IpHash:
            return "hash $remote_addr consistent;";
        case service::Balance::RandomTwo:
            return "random two;";
    }
    return {};
}

}  // namespace

void write_server(Text& text, const service::Upstream& server, std::string_view parameters) {
    // Three failures, not one: a backend that closes idle connections earns some by chance.
    text.line(fmt::format("server {}{} max_fails=3 fail_timeout=1s;", server.endpoint.text(),
                          parameters));
}

void write_keepalive(Text& text, std::size_t servers) {
    text.line(fmt::format("keepalive {};", std::clamp(2 * servers, kept_min, kept_max)));
    // Below the 5 s of Node.js and Apache, so that it is us who closes an idle connection.
    text.line("keepalive_timeout 4s;");
}

void write_servers(Text& text, service::Balance balance,
                   std::span<const service::Upstream> servers) {
    // nginx wants it before `keepalive`, which wraps it.
    if (balance != service::Balance::RoundRobin) text.line(method_of(balance));
    const bool weighted = std::ranges::adjacent_find(servers, std::not_equal_to{},
                                                     &service::Upstream::weight) != servers.end();
    unsigned most = 1;
    for (const auto& server : servers) most = std::max<unsigned>(most, server.weight);
    const bool scaled = balance == service::Balance::IpHash && most > hash_weight_max;
    for (const auto& server : servers) {
        unsigned weight = server.weight;
        if (scaled) weight = std::max(1U, weight * hash_weight_max / most);
        write_server(text, server, weighted ? fmt::format(" weight={}", weight) : "");
    }
    write_keepalive(text, servers.size());
}

}  // namespace scrimp::proxy
