#include "proxy/haproxy.h"

#include <gtest/gtest.h>

namespace scrimp::proxy {
namespace {

service::Route route(std::string_view name, std::uint16_t port,
                     std::vector<std::string_view> domains,
                     std::vector<std::string_view> endpoints) {
    service::Route result{.application = {.name = *service::Name::parse(name),
                                          .listen_port = port,
                                          .application_port = 8080,
                                          .protocol = service::Protocol::Http,
                                          .domains = {}},
                          .upstreams = {}};
    for (const auto domain : domains) {
        result.application.domains.push_back(*service::Domain::parse(domain));
    }
    for (const auto endpoint : endpoints) {
        result.upstreams.push_back({.member_name = "b", .endpoint = *parse_endpoint(endpoint)});
    }
    return result;
}

RenderOptions options() {
    return {.tls_chain_path = "/etc/ssl/chain.pem",
            .tls_key_path = "/etc/ssl/chain.pem.key",
            .target_path = "/etc/haproxy/conf.d/scrimplb.cfg"};
}

std::string text_of(std::vector<service::Route> routes, const RenderOptions& with = options()) {
    const auto rendered =
        find_generator("haproxy")->render({.revision = 1, .routes = std::move(routes)}, with);
    EXPECT_TRUE(rendered) << rendered.error().message;
    return rendered ? rendered->text : std::string();
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(HaproxyGenerator, is_its_own_map_from_domains_to_backends) {
    const std::string text =
        text_of({route("Web", 443, {"*.a.example", "a.example"}, {"10.0.0.1:80"}),
                 route("api", 8443, {"default"}, {"[fd00::7]:80"})});
    EXPECT_TRUE(has(text, "\n #443/*.a.example scrimp_web\n #443/a.example scrimp_web\n"));
    EXPECT_TRUE(has(text, "\n #8443/default scrimp_api\n"));
    EXPECT_TRUE(has(text, "map(/etc/haproxy/conf.d/scrimplb.cfg)"));
    EXPECT_TRUE(has(text, "bind [::]:8443 v6only ssl crt /etc/ssl/chain.pem alpn h2,http/1.1 "));
    EXPECT_TRUE(has(text, "    server s1 [fd00::7]:80 weight 100\n"));
}

TEST(HaproxyGenerator, names_a_text_by_a_generation_that_stands_in_its_map) {
    const auto* haproxy = find_generator("haproxy");
    const auto nothing = haproxy->render({}, options());
    const auto something = haproxy->render(
        {.revision = 1, .routes = {route("web", 443, {"a"}, {"10.0.0.1:80"})}}, options());
    ASSERT_TRUE(nothing && something);
    EXPECT_NE(nothing->generation, something->generation);
    EXPECT_EQ(haproxy->generation_in(something->text), something->generation);
    EXPECT_TRUE(has(something->text, "\n #generation " + something->generation + "\n"));
    EXPECT_EQ(haproxy->render({}, options()), nothing);
}

TEST(HaproxyGenerator, asks_for_wildcards_of_each_length_once_and_the_longest_first) {
    const std::string text = text_of({route("web", 443, {"*.b.c", "*.d.c", "*.c"}, {"10.0.0.1:80"}),
                                      route("api", 8443, {"x.y"}, {"10.0.0.1:80"})});
    const auto two = text.find("field(-1,.,2)");
    const auto one = text.find("field(-1,.,1)");
    ASSERT_NE(two, std::string::npos);
    ASSERT_NE(one, std::string::npos);
    EXPECT_LT(two, one);
    EXPECT_EQ(text.find("field(", one + 1), std::string::npos);
}

TEST(HaproxyGenerator, has_spare_servers_in_every_backend_and_fewer_where_many_share) {
    EXPECT_TRUE(has(text_of({route("web", 443, {"a"}, {"10.0.0.1:80", "10.0.0.2:80"})}),
                    "    server-template s 3-130 127.0.0.1:1 disabled\n"));
    std::vector<service::Route> many;
    for (int i = 0; i < 2000; ++i) {
        const std::string name = "a" + std::to_string(i);
        many.push_back(route(name, 443, {name}, {"10.0.0.1:80"}));
    }
    EXPECT_TRUE(has(text_of(many), "    server-template s 2-5 127.0.0.1:1 disabled\n"));
}

TEST(HaproxyGenerator, redirects_to_https_but_for_applications_on_the_plain_port) {
    EXPECT_TRUE(has(text_of({}), "location https://%[var(txn.scrimp_host)]%[pathq]\n"));
    const std::string text = text_of({route("web", 80, {"a"}, {"10.0.0.1:80"})});
    EXPECT_TRUE(has(text, "%[pathq] if !{ var(txn.scrimp_to) -m found }\n"));
    EXPECT_TRUE(has(text, "    http-request set-header X-Forwarded-Proto http\n"));
}

TEST(HaproxyGenerator, refuses_what_haproxy_cannot_have) {
    const auto refused = [](const RenderOptions& with) {
        const auto rendered = render_haproxy({}, with);
        return rendered ? std::string() : rendered.error().message;
    };
    RenderOptions with = options();
    with.tls_key_path = "/etc/ssl/key.pem";
    EXPECT_TRUE(has(refused(with), "/etc/ssl/chain.pem.key"));
    with = options();
    with.tls_key_path = with.tls_chain_path;  // One file with both.
    EXPECT_EQ(refused(with), "");
    for (const char* path : {"", "relative.cfg", "/etc/a b.cfg", "/etc/a)b.cfg", "/etc/a;b"}) {
        with.target_path = path;
        EXPECT_TRUE(has(refused(with), "generator-target")) << path;
    }
    with = options();
    with.https_port = with.http_port;
    EXPECT_TRUE(has(refused(with), "must differ"));
}

}  // namespace
}  // namespace scrimp::proxy
