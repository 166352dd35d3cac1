#include "proxy/nginx_tls.h"

#include <gtest/gtest.h>

#include "proxy/nginx.h"
#include "proxy/nginx_reading.h"

namespace scrimp::proxy {
namespace {

std::vector<service::Domain> parsed_domains(const std::vector<std::string>& names) {
    std::vector<service::Domain> domains;
    for (const std::string& name : names) domains.push_back(*service::Domain::parse(name));
    return domains;
}

Certificate named(const std::string& name, std::int64_t not_after,
                  const std::vector<std::string>& domains) {
    return {.name = name,
            .chain_path = "/state/" + name + ".pem",
            .key_path = "/state/" + name + ".pem",
            .fingerprint = "0123456789abcdef",
            .not_after = not_after,
            .domains = parsed_domains(domains)};
}

std::string chosen(const Certificates& all, const char* domain) {
    const auto found = all.find(*service::Domain::parse(domain));
    return found ? all.all()[*found].name : "fallback";
}

TEST(Certificates, give_a_domain_the_one_that_names_it_before_a_wildcard) {
    const Certificates all({named("exact", 100, {"a.x.example"}),
                            named("wild", 200, {"*.x.example", "x.example"}),
                            named("old", 50, {"*.x.example", "only.old.example"})});
    EXPECT_EQ(chosen(all, "a.x.example"), "exact");
    EXPECT_EQ(chosen(all, "b.x.example"), "wild");
    EXPECT_EQ(chosen(all, "x.example"), "wild");
    EXPECT_EQ(chosen(all, "*.x.example"), "wild");
    EXPECT_EQ(chosen(all, "only.old.example"), "old");
    EXPECT_EQ(chosen(all, "c.b.x.example"), "fallback");
    EXPECT_EQ(chosen(all, "*.b.x.example"), "fallback");
    EXPECT_EQ(chosen(all, "example"), "fallback");
}

RenderOptions options_with(std::vector<Certificate> all,
                           std::optional<Certificate> fallback = std::nullopt) {
    RenderOptions options{.tls_chain_path = "/etc/ssl/chain.pem",
                          .tls_key_path = "/etc/ssl/key.pem"};
    options.ipv6 = false;
    options.certificates =
        std::make_shared<const Certificates>(std::move(all), std::move(fallback));
    return options;
}

service::RoutingTable table_of(const std::vector<std::pair<std::uint16_t, std::string>>& domains) {
    service::RoutingTable table;
    for (const auto& [port, domain] : domains) {
        const std::string name = "app" + std::to_string(table.routes.size());
        table.routes.push_back({.application = {.name = *service::Name::parse(name),
                                                .listen_port = port,
                                                .application_port = 80,
                                                .protocol = service::Protocol::Http,
                                                .domains = parsed_domains({domain})},
                                .upstreams = {}});
    }
    return table;
}

/// Of each server on `port`: its names, and the end of its chain's path.
std::vector<std::string> servers_on(const std::string& port, const std::string& text) {
    std::vector<std::string> servers;
    std::size_t at = 0;
    while ((at = text.find("\nserver {\n    listen " + port + " ssl", at)) != std::string::npos) {
        const std::size_t end = text.find("\n}", at);
        const std::string server = text.substr(at, end - at);
        std::string line;
        for (std::size_t name = 0;
             (name = server.find("\n    server_name ", name)) != std::string::npos; ++name) {
            line += server.substr(name + 17, server.find(';', name) - name - 17) + " ";
        }
        const std::size_t path = server.find("ssl_certificate \"");
        line += path == std::string::npos
                    ? "rejected"
                    : server.substr(path + 17, server.find('"', path + 17) - path - 17);
        if (server.find("default_server") != std::string::npos) line += " by default";
        servers.push_back(line);
        at = end;
    }
    return servers;
}

using Servers = std::vector<std::string>;

TEST(NginxTls, makes_a_server_for_each_certificate_and_rejects_unknown_names) {
    const auto options =
        options_with({named("a", 9, {"a.example", "idle.example"}), named("w", 9, {"*.w.example"})},
                     named("", 9, {"fall.example", "a.example"}));
    const auto table = table_of(
        {{443, "a.example"}, {443, "x.w.example"}, {443, "lost.example"}, {8443, "y.w.example"}});
    const std::string text = render_nginx(table, options)->text;
    EXPECT_EQ(
        servers_on("443", text),
        (Servers{"_ rejected by default", "fall.example lost.example /etc/ssl/chain.pem",
                 "a.example idle.example /state/a.pem", "*.w.example x.w.example /state/w.pem"}));
    EXPECT_EQ(servers_on("8443", text),
              (Servers{"_ rejected by default", "y.w.example /state/w.pem"}));
    EXPECT_NE(text.find("# Certificate a 0123456789abcdef until 9 for a.example idle.example\n"),
              std::string::npos);
}

TEST(NginxTls, answers_unknown_names_where_nginx_cannot_reject_or_nobody_has_looked) {
    auto options = options_with({named("a", 9, {"a.example"})});
    options.nginx_version = 1'018'000;
    const auto table = table_of({{443, "a.example"}});
    EXPECT_EQ(servers_on("443", render_nginx(table, options)->text),
              (Servers{"_ /etc/ssl/chain.pem by default", "a.example /state/a.pem"}));
    options.certificates = nullptr;
    EXPECT_EQ(servers_on("443", render_nginx(table, options)->text),
              Servers{"a.example /etc/ssl/chain.pem by default"});
}

TEST(NginxTls, keeps_long_domains_apart_by_certificate) {
    const std::string long_name = std::string(50, 'l') + ".example";
    const auto options = options_with({named("long", 9, {long_name, "*.example"})});
    const auto table = table_of({{443, long_name}, {443, std::string(51, 'm') + ".other"}});
    EXPECT_EQ(servers_on("443", render_nginx(table, options)->text),
              (Servers{"_ rejected by default", "*.example /state/long.pem",
                       long_name + " /state/long.pem",
                       std::string(51, 'm') + ".other /etc/ssl/chain.pem"}));
}

TEST(NginxTls, spells_http2_and_the_profile_as_asked) {
    auto options = options_with({});
    EXPECT_NE(render_nginx({}, options)->text.find("listen 443 ssl http2 default_server;"),
              std::string::npos);
    options.nginx_version = nginx_with_http2_directive;
    options.tls_profile = TlsProfile::Modern;
    const std::string text = render_nginx({}, options)->text;
    EXPECT_NE(text.find("    listen 443 ssl default_server;\n    http2 on;\n"), std::string::npos);
    EXPECT_NE(text.find("ssl_protocols TLSv1.3;"), std::string::npos);
    EXPECT_EQ(text.find("TLSv1.2"), std::string::npos);
    const auto table = table_of({{443, "a.example"}});
    EXPECT_EQ(render_nginx(table, options)->text.find("keepalive_min_timeout"), std::string::npos);
    options.nginx_version = 1'027'004;
    const std::string later = render_nginx(table, options)->text;
    EXPECT_NE(later.find("    keepalive_min_timeout 5s;\n"), std::string::npos);
    EXPECT_TRUE(check_nginx_rendering(later, options));
}

TEST(NginxTls, changes_the_text_with_the_certificate) {
    const auto text_with = [](const std::string& fingerprint) {
        Certificate fallback = named("", 9, {"a.example"});
        fallback.fingerprint = fingerprint;
        return render_nginx({}, options_with({}, fallback))->generation;
    };
    EXPECT_NE(text_with("0123456789abcdef"), text_with("1123456789abcdef"));
}

TEST(NginxTls, is_read_back_but_for_certificates_of_other_files) {
    auto options = options_with({}, named("", 9, {"*.a.example", "b.example"}));
    options.nginx_version = nginx_with_http2_directive;
    const auto table = table_of({{443, "x.a.example"}, {8443, "lost.example"}});
    RenderOptions theirs = options_with({});
    const auto read = check_nginx_rendering(render_nginx(table, options)->text, theirs);
    EXPECT_TRUE(read) << read.error().message;
    EXPECT_TRUE(check_nginx_rendering(render_nginx(table, options_with({}))->text, theirs));
    const auto other = options_with({named("a", 9, {"a.example"})});
    EXPECT_FALSE(check_nginx_rendering(render_nginx(table, other)->text, theirs));
}

}  // namespace
}  // namespace scrimp::proxy
