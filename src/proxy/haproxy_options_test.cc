#include <gtest/gtest.h>

#include "proxy/haproxy.h"
#include "proxy/haproxy_backend.h"
#include "proxy/haproxy_tls.h"

namespace scrimp::proxy {
namespace {

using service::Options;
using service::Protocol;

service::Route route_with(const Options& options, Protocol protocol = Protocol::Http,
                          std::string_view name = "web",
                          std::vector<std::string_view> domains = {"a.example"}) {
    service::Route route{
        .application = {.name = *service::Name::parse(name),
                        .listen_port = 443,
                        .application_port = 8080,
                        .protocol = protocol,
                        .domains = {},
                        .options = service::SharedOptions(options)},
        .upstreams = {{.member_name = "b", .endpoint = *parse_endpoint("10.0.0.1:8080")}}};
    for (const auto domain : domains) {
        route.application.domains.push_back(*service::Domain::parse(domain));
    }
    return route;
}

std::string rendered(std::vector<service::Route> routes) {
    const auto rendered = render_haproxy({.revision = 1, .routes = std::move(routes)},
                                         {.tls_chain_path = "/chain.pem",
                                          .tls_key_path = "/chain.pem.key",
                                          .backend_ca_path = "/ca.pem",
                                          .target_path = "/lb.cfg"});
    EXPECT_TRUE(rendered);
    return rendered ? rendered->text : std::string();
}

/// Of the only application, from its users on.
std::string backend_of(const Options& options, Protocol protocol = Protocol::Http) {
    const std::string text = rendered({route_with(options, protocol)});
    const auto users = text.find("\nuserlist scrimp_web");
    return text.substr(std::min(users, text.find("\nbackend scrimp_web")));
}

std::string option_lacking(const Options& options, Protocol protocol = Protocol::Http) {
    const auto words = lacks_haproxy(route_with(options, protocol).application);
    return words ? words->substr(0, words->find(':')) : std::string();
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)
#define EXPECT_SILENT(text, part) EXPECT_EQ((text).find(part), std::string::npos) << (text)

TEST(HaproxyOptions, spreads_requests_as_asked) {
    EXPECT_SAYS(backend_of({}), "    balance roundrobin\n");
    EXPECT_SAYS(backend_of({.balance = service::Balance::LeastConnections}), "balance leastconn\n");
    EXPECT_SAYS(backend_of({.balance = service::Balance::RandomTwo}), "balance random(2)\n");
    EXPECT_SAYS(backend_of({.balance = service::Balance::IpHash}),
                "    balance source\n    hash-type consistent\n");
}

TEST(HaproxyOptions, makes_sticky_cookies_of_addresses_since_places_change_theirs) {
    const std::string text = backend_of({.sticky_cookie = "stick"});
    EXPECT_SAYS(text, "    cookie 'stick' insert indirect nocache httponly secure ");
    EXPECT_SAYS(text, " dynamic\n    dynamic-cookie-key scrimp_web\n");
    EXPECT_SILENT(text, "weight 100 cookie");
}

TEST(HaproxyOptions, leads_a_path_by_the_map_with_one_lookup_for_each_shape) {
    const std::string text =
        rendered({route_with({}), route_with({.paths = {"/api", "/x/"}}, Protocol::Http, "api"),
                  route_with({.paths = {"/api/v2", "/other"}}, Protocol::Http, "v2")});
    EXPECT_SAYS(text,
                "\n #443/a.example #443/a.example\n #443/a.example/ scrimp_web\n"
                " #443/a.example/api scrimp_api\n #443/a.example/api/v2 scrimp_v2\n"
                " #443/a.example/other scrimp_v2\n #443/a.example/x/ scrimp_api\n");
    const auto two = text.find("path,url_dec,field(1,/,3) if");
    const auto below = text.find("concat(,txn.scrimp_path,/),map(/lb.cfg) if");
    const auto one = text.find("concat(,txn.scrimp_path),map(/lb.cfg)", below);
    ASSERT_NE(two, std::string::npos);
    ASSERT_NE(below, std::string::npos);
    EXPECT_LT(two, below);
    EXPECT_LT(below, one);
    EXPECT_EQ(text.find("concat(,txn.scrimp_path),map(/lb.cfg)", one + 1), std::string::npos);
    EXPECT_SAYS(text, "if !{ var(txn.scrimp_to) -m beg scrimp }\n");
    EXPECT_SILENT(rendered({route_with({})}), "txn.scrimp_path");
}

TEST(HaproxyOptions, lets_in_who_may_come_in) {
    const std::string text = backend_of({.allow = {*parse_network("10.0.0.0/8")},
                                         .deny = {*parse_network("10.6.0.0/16")},
                                         .basic_auth = {{"joe", "$6$salt$hash"}}});
    EXPECT_SAYS(text, "userlist scrimp_web\n    user 'joe' password '$6$salt$hash'\n");
    const auto denied = text.find("http-request deny deny_status 403 if scrimp_denied\n");
    const auto allowed = text.find("http-request deny deny_status 403 unless scrimp_allowed\n");
    const auto asked = text.find("http-request auth realm web unless { http_auth(scrimp_web) }\n");
    ASSERT_NE(asked, std::string::npos) << text;
    EXPECT_LT(denied, allowed);
    EXPECT_LT(allowed, asked);
    Options many;
    for (int i = 0; i < 100; ++i) {
        many.allow.push_back(*parse_network("10.0." + std::to_string(i) + ".0/24"));
    }
    const std::string lists = backend_of(many);
    for (std::size_t at = 0; at < lists.size(); at = lists.find('\n', at) + 1) {
        const auto end = lists.begin() + static_cast<std::ptrdiff_t>(lists.find('\n', at));
        EXPECT_LT(std::count(lists.begin() + static_cast<std::ptrdiff_t>(at), end, ' '), 64);
    }
}

TEST(HaproxyOptions, sends_requests_elsewhere) {
    Options options{.www = service::Www::Remove,
                    .redirects = {{.from = "/it's", .to = "/100%", .status = 308}}};
    auto route =
        route_with(options, Protocol::Http, "web", {"a.example", "b.example", "www.a.example"});
    const std::string text = rendered({std::move(route)});
    EXPECT_SAYS(text, "acl scrimp_namesake var(txn.scrimp_host) -m str www.a.example\n");
    EXPECT_SAYS(text, "redirect code 308 location '/100%%' if { path,url_dec -m str '/it'\\''s' }");
    EXPECT_SILENT(backend_of({.www = service::Www::Add}), "scrimp_namesake");
}

TEST(HaproxyOptions, bounds_bodies_and_times) {
    const std::string text = backend_of({.body_limit_bytes = 1024,
                                         .connect_timeout = std::chrono::milliseconds{1500},
                                         .read_timeout = std::chrono::hours{2}});
    EXPECT_SAYS(text, "http-request deny deny_status 413 if { req.body_size gt 1024 }\n");
    EXPECT_SAYS(text, "return status 411 ");
    EXPECT_SAYS(text, "    timeout connect 1500ms\n    timeout server 7200000ms\n");
    EXPECT_SAYS(text, "    timeout tunnel 7200000ms\n");
    EXPECT_SILENT(backend_of({.body_limit_bytes = 0}), "413");
}

TEST(HaproxyOptions, sets_and_removes_headers_its_own_among_them) {
    const std::string text = backend_of({.request_headers = {{"X-A", "b c"}, {"X-B", ""}},
                                         .response_headers = {{"x-frame-options", ""}},
                                         .hsts = false});
    EXPECT_SAYS(text, "    http-request set-header X-A 'b c'\n    http-request del-header X-B\n");
    EXPECT_SAYS(text, "    http-response del-header x-frame-options\n");
    EXPECT_SAYS(text, "set-var(txn.scrimp_own_headers) bool(true)\n");
    EXPECT_SAYS(text, "http-response set-header Referrer-Policy ");
    EXPECT_SILENT(text, "X-Frame-Options SAMEORIGIN");
    EXPECT_SILENT(text, "Strict-Transport-Security");
    EXPECT_SILENT(rendered({route_with({})}), "scrimp_own_headers");
    EXPECT_SAYS(backend_of({.compression = false}), "backend scrimp_web from scrimp_defaults\n");
}

TEST(HaproxyOptions, speaks_to_backends_as_asked) {
    EXPECT_SAYS(backend_of({.verify_backend = true}, Protocol::Https),
                " ssl verify required ca-file /ca.pem sni req.hdr(host),host_only\n");
    EXPECT_SAYS(backend_of({}, Protocol::Grpc), "default-server pool-purge-delay 2s proto h2\n");
    EXPECT_SAYS(backend_of({}, Protocol::Grpcs), " sni req.hdr(host),host_only alpn h2\n");
    EXPECT_SAYS(backend_of({.proxy_protocol = true}), "pool-purge-delay 2s send-proxy-v2\n");
}

TEST(HaproxyOptions, gives_a_tcp_application_its_whole_port) {
    auto route = route_with(
        {.read_timeout = std::chrono::seconds{5}, .deny = {*parse_network("10.0.0.0/8")}},
        Protocol::Tcp);
    route.application.listen_port = 5432;
    const std::string text = rendered({std::move(route)});
    EXPECT_SAYS(text, "\nfrontend scrimp_5432 from scrimp_stream\n    bind :5432\n");
    EXPECT_SAYS(text, "    timeout client 5000ms\n    default_backend scrimp_web\n");
    EXPECT_SAYS(text, "    tcp-request content reject if scrimp_denied\n");
    EXPECT_SILENT(text, "#5432/");
    EXPECT_SILENT(rendered({route_with({})}), "scrimp_stream");
}

TEST(HaproxyOptions, shows_domains_their_certificates_and_refuses_other_names_if_it_can) {
    const auto domains = [](std::vector<std::string_view> texts) {
        std::vector<service::Domain> parsed;
        for (const auto text : texts) parsed.push_back(*service::Domain::parse(text));
        return parsed;
    };
    const Certificate own{.name = "a",
                          .chain_path = "/own/a-1.pem",
                          .key_path = "/own/a-1.pem",
                          .fingerprint = "1",
                          .domains = domains({"a.example"})};
    const Certificate other{.name = "b",
                            .chain_path = "/own/b-1.pem",
                            .key_path = "/own/b-1.pem",
                            .fingerprint = "2",
                            .domains = domains({"b.example"})};
    const Certificate fallback{.name = "",
                               .chain_path = "/chain.pem",
                               .key_path = "/chain.pem.key",
                               .fingerprint = "feed",
                               .domains = domains({"*.example"})};
    const auto shown = [&](std::vector<std::string_view> names, TlsProfile profile) {
        const auto owned = domains(std::move(names));
        std::vector<const service::Domain*> asked;
        for (const auto& domain : owned) asked.push_back(&domain);
        return haproxy_tls({.tls_chain_path = "/chain.pem",
                            .tls_key_path = "/chain.pem.key",
                            .tls_profile = profile,
                            .certificates = std::make_shared<const Certificates>(
                                std::vector<Certificate>{own, other}, fallback)},
                           asked);
    };
    EXPECT_SAYS(shown({"a.example", "c.example"}, TlsProfile::Intermediate),
                " ssl crt /chain.pem crt /own/a-1.pem strict-sni alpn h2,http/1.1 ssl-min-ver "
                "TLSv1.2 ");
    EXPECT_SILENT(shown({"a.example", "c.test"}, TlsProfile::Intermediate), "strict-sni");
    EXPECT_SAYS(shown({}, TlsProfile::Modern), "ssl-min-ver TLSv1.3 ");
}

TEST(HaproxyOptions, leaves_challenges_to_the_daemon_where_it_can_be_reached) {
    const auto text_with = [](std::string_view socket) {
        const auto made = render_haproxy({}, {.tls_chain_path = "/chain.pem",
                                              .tls_key_path = "/chain.pem.key",
                                              .challenge_socket = std::string(socket),
                                              .target_path = "/lb.cfg"});
        return made ? made->text : std::string();
    };
    const std::string text = text_with("/run/c.sock");
    const auto asked = text.find(
        "str('scrimp:challenges') if !{ var(txn.scrimp_to) -m found } "
        "{ path_beg /.well-known/acme-challenge/ } "
        "{ nbsrv(scrimp:challenges) gt 0 }\n");
    ASSERT_NE(asked, std::string::npos) << text;
    EXPECT_LT(asked, text.find("http-request redirect code 301"));
    EXPECT_SAYS(text, "    server daemon unix@/run/c.sock ");
    EXPECT_SILENT(text_with(""), "challenges");
}

TEST(HaproxyOptions, says_what_it_lacks) {
    EXPECT_EQ(option_lacking({}, Protocol::Udp), "protocol");
    EXPECT_EQ(option_lacking({.send_timeout = std::chrono::seconds{1}}), "send-timeout");
    EXPECT_EQ(option_lacking({.body_limit_bytes = 1}, Protocol::Grpc), "body-limit");
    EXPECT_EQ(option_lacking({.paths = {"/a"}}, Protocol::Tcp), "paths");
    EXPECT_EQ(option_lacking({.balance = service::Balance::IpHash}, Protocol::Tcp), "");
    EXPECT_EQ(option_lacking({.sticky_cookie = "a", .body_limit_bytes = 1, .hsts = false}), "");
}

}  // namespace
}  // namespace scrimp::proxy
