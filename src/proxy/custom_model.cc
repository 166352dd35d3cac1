#include "proxy/custom_model.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace scrimp::proxy {
namespace {

using kainjow::mustache::data;
using Items = std::vector<data>;

constexpr std::string_view all_custom_names[] = {"generation",
                                                 "generation_path",
                                                 "http_port",
                                                 "https_port",
                                                 "tls_chain",
                                                 "tls_key",
                                                 "applications",
                                                 "ports",
                                                 "first",
                                                 "last",
                                                 "name",
                                                 "listen_port",
                                                 "application_port",
                                                 "protocol",
                                                 "tls",
                                                 "backend_tls",
                                                 "domains",
                                                 "domain",
                                                 "wildcard",
                                                 "suffix",
                                                 "upstreams",
                                                 "member",
                                                 "endpoint",
                                                 "address",
                                                 "port",
                                                 "weight",
                                                 "balance",
                                                 "sticky_cookie",
                                                 "paths",
                                                 "path",
                                                 "body_limit",
                                                 "connect_timeout_ms",
                                                 "read_timeout_ms",
                                                 "send_timeout_ms",
                                                 "verify_backend",
                                                 "proxy_protocol",
                                                 "allow",
                                                 "deny",
                                                 "network",
                                                 "basic_auth",
                                                 "user",
                                                 "hash",
                                                 "www",
                                                 "redirects",
                                                 "from",
                                                 "to",
                                                 "status",
                                                 "request_headers",
                                                 "response_headers",
                                                 "header",
                                                 "value",
                                                 "compression",
                                                 "hsts",
                                                 "security_headers"};

/// The items know whether they are the first or the last, for what stands between.
data list_of(Items items) {
    data list(data::type::list);
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i].set("first", data(i == 0));
        items[i].set("last", data(i + 1 == items.size()));
        list.push_back(items[i]);
    }
    return list;
}

template <class Entries>
data list_of(const Entries& entries,
             void (*describe)(data& item, const typename Entries::value_type&)) {
    Items items;
    for (const auto& entry : entries) {
        data item;
        describe(item, entry);
        items.push_back(std::move(item));
    }
    return list_of(std::move(items));
}

data domains_of(const service::Application& application) {
    return list_of(
        application.domains, +[](data& item, const service::Domain& domain) {
            const std::string& text = domain.text();
            const bool wild = text.starts_with("*.");
            item.set("domain", text);
            item.set("wildcard", data(wild));
            item.set("suffix", wild ? text.substr(2) : text);
        });
}

data upstreams_of(const service::Route& route) {
    return list_of(
        route.upstreams, +[](data& item, const service::Upstream& upstream) {
            item.set("member", upstream.member_name);
            item.set("endpoint", upstream.endpoint.text());
            item.set("address", upstream.endpoint.ip_text());
            item.set("port", std::to_string(upstream.endpoint.port));
            item.set("weight", std::to_string(upstream.weight));
        });
}

data networks_of(const std::vector<Network>& networks) {
    return list_of(
        networks, +[](data& item, const Network& network) { item.set("network", network.text()); });
}

data headers_of(const std::vector<service::Header>& headers) {
    return list_of(
        headers, +[](data& item, const service::Header& header) {
            item.set("header", header.name);
            item.set("value", header.value);
        });
}

std::string_view word_of(service::Balance balance) {
    switch (balance) {
        case service::Balance::RoundRobin:
            break;
        case service::Balance::LeastConnections:
            return "least-conn";
        case service::Balance::IpHash:
            return "ip-hash";
        case service::Balance::RandomTwo:
            return "random-two";
    }
    return "round-robin";
}

void set_time(data& item, const char* name, const std::optional<Duration>& time) {
    if (!time) return;
    using std::chrono::milliseconds;
    item.set(name, std::to_string(std::chrono::ceil<milliseconds>(*time).count()));
}

/// What is not said is not there, so a section of its name is skipped.
void set_options(data& item, const service::Options& options) {
    item.set("balance",
             std::string(word_of(options.balance.value_or(service::Balance::RoundRobin))));
    if (!options.sticky_cookie.empty()) item.set("sticky_cookie", options.sticky_cookie);
    item.set("paths", list_of(
                          options.paths, +[](data& path_item, const std::string& path) {
                              path_item.set("path", path);
                          }));
    if (options.body_limit_bytes) {
        item.set("body_limit", std::to_string(*options.body_limit_bytes));
    }
    set_time(item, "connect_timeout_ms", options.connect_timeout);
    set_time(item, "read_timeout_ms", options.read_timeout);
    set_time(item, "send_timeout_ms", options.send_timeout);
    item.set("allow", networks_of(options.allow));
    item.set("deny", networks_of(options.deny));
    item.set("basic_auth",
             list_of(
                 options.basic_auth, +[](data& user_item, const service::Credential& known) {
                     user_item.set("user", known.user);
                     user_item.set("hash", known.hash);
                 }));
    if (options.www) {
        item.set("www", *options.www == service::Www::Add ? "add" : "remove");
    }
    item.set("redirects",
             list_of(
                 options.redirects, +[](data& redirect_item, const service::Redirect& each) {
                     redirect_item.set("from", each.from);
                     redirect_item.set("to", each.to);
                     redirect_item.set("status", std::to_string(each.status));
                 }));
    item.set("request_headers", headers_of(options.request_headers));
    item.set("response_headers", headers_of(options.response_headers));
    const std::pair<const char*, const std::optional<bool>*> flags[] = {
        {"verify_backend", &options.verify_backend},
        {"proxy_protocol", &options.proxy_protocol},
        {"compression", &options.compression},
        {"hsts", &options.hsts},
        {"security_headers", &options.security_headers}};
    for (const auto& [name, flag] : flags) item.set(name, data(flag->value_or(false)));
}

data application_of(const service::Route& route, bool tls) {
    const auto& application = route.application;
    const std::string protocol(service::name_of(application.protocol));
    data item;
    item.set("name", application.name.text());
    item.set("listen_port", std::to_string(application.listen_port));
    item.set("application_port", std::to_string(application.application_port));
    item.set("protocol", protocol);
    item.set("tls", data(tls));
    item.set("backend_tls", data(protocol.ends_with('s')));
    item.set("domains", domains_of(application));
    item.set("upstreams", upstreams_of(route));
    set_options(item, *application.options);
    return item;
}

}  // namespace

data custom_model(const service::RoutingTable& table, const RenderOptions& options,
                  std::string_view generation) {
    Items applications;
    std::map<std::uint16_t, Items> by_port;
    for (const auto& route : table.routes) {
        const std::uint16_t port = route.application.listen_port;
        applications.push_back(application_of(route, port != options.http_port));
        by_port[port].push_back(applications.back());
    }
    Items ports;
    for (auto& [port, there] : by_port) {
        data item;
        item.set("port", std::to_string(port));
        item.set("tls", data(port != options.http_port));
        item.set("applications", list_of(std::move(there)));
        ports.push_back(std::move(item));
    }
    data model;
    model.set("generation", std::string(generation));
    model.set("generation_path", std::string(generation_path));
    model.set("http_port", std::to_string(options.http_port));
    model.set("https_port", std::to_string(options.https_port));
    model.set("tls_chain", options.tls_chain_path);
    model.set("tls_key", options.tls_key_path);
    model.set("applications", list_of(std::move(applications)));
    model.set("ports", list_of(std::move(ports)));
    return model;
}

std::span<const std::string_view> custom_names() {
    return all_custom_names;
}

bool is_custom_name(std::string_view name) {
    return name == "." || std::ranges::count(all_custom_names, name) > 0;
}

}  // namespace scrimp::proxy
