#include "proxy/custom.h"

#include <gtest/gtest.h>

namespace scrimp::proxy {
namespace {

service::RoutingTable two_backends() {
    service::Options said;
    said.request_headers = {{.name = "X-A", .value = "a&b<c>"}};
    service::Application web{.name = *service::Name::parse("web"),
                             .listen_port = 443,
                             .application_port = 8080,
                             .protocol = service::Protocol::Http,
                             .domains = {*service::Domain::parse("*.a.example")},
                             .options = service::SharedOptions(std::move(said))};
    return {
        .revision = 1,
        .routes = {
            {.application = std::move(web),
             .upstreams = {{.member_name = "b1", .endpoint = *parse_endpoint("10.0.0.1:8080")},
                           {.member_name = "b2", .endpoint = *parse_endpoint("[fd00::7]:8080")}}}}};
}

RenderOptions with(std::string text) {
    return {.tls_chain_path = "/c", .tls_key_path = "/k", .template_text = std::move(text)};
}

Result<Rendered> made_by(std::string text) {
    return render_custom(two_backends(), with(std::move(text)));
}

std::string text_by(std::string text) {
    const auto made = made_by(std::move(text));
    return made ? made->text : made.error().message;
}

TEST(CustomGenerator, fills_a_template_with_applications_and_who_serves_them) {
    EXPECT_EQ(text_by("{{#applications}}{{name}} on {{listen_port}}:"
                      "{{#upstreams}} {{endpoint}}{{^last}},{{/last}}{{/upstreams}}"
                      "{{#domains}} {{domain}}{{#wildcard}} below {{suffix}}{{/wildcard}}"
                      "{{/domains}}{{/applications}}"),
              "web on 443: 10.0.0.1:8080, [fd00::7]:8080 *.a.example below a.example");
    EXPECT_EQ(text_by("{{#ports}}{{port}}{{#tls}} tls{{/tls}}{{/ports}}"), "443 tls");
}

TEST(CustomGenerator, prints_values_as_they_are) {
    EXPECT_EQ(text_by("{{#applications}}{{#request_headers}}{{value}}{{/request_headers}}"
                      "{{/applications}}"),
              "a&b<c>");
}

TEST(CustomGenerator, passes_over_what_is_not_said) {
    EXPECT_EQ(text_by("{{#applications}}{{#body_limit}}limit {{.}}{{/body_limit}}"
                      "{{^body_limit}}none{{/body_limit}}{{/applications}}"),
              "none");
}

TEST(CustomGenerator, names_a_text_by_a_generation_that_may_stand_in_it) {
    const auto made = made_by("# {{generation}}\n");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->text, "# " + made->generation + "\n");
    EXPECT_EQ(*made_by("# {{generation}}\n"), *made);
    EXPECT_NE(made_by("## {{generation}}\n")->generation, made->generation);
}

TEST(CustomGenerator, says_what_is_wrong_with_a_template) {
    EXPECT_TRUE(text_by("").starts_with("template: the generator custom needs"));
    EXPECT_TRUE(text_by("{{#applications}}").starts_with("template: Unclosed section"));
    EXPECT_TRUE(text_by("{{aplications}}")
                    .starts_with("template: there is no 'aplications' (did you mean "
                                 "'applications'?)"));
    EXPECT_TRUE(text_by("{{> more}}").starts_with("template: has the partial 'more'"));
    EXPECT_TRUE(text_by(std::string(template_bytes_max + 1, ' ')).starts_with("template: is long"));
}

TEST(CustomGenerator, ends_a_template_whose_lists_multiply) {
    std::string text(8192, 'x');
    for (int i = 0; i < 40; ++i) text = "{{#upstreams}}" + text + "{{/upstreams}}";
    EXPECT_NE(
        text_by("{{#applications}}" + text + "{{/applications}}").find("sections stand in each"),
        std::string::npos);
}

TEST(CustomGenerator, finds_a_mistake_in_a_section_that_no_table_of_today_enters) {
    const RenderOptions options = with("{{#applications}}{{nme}}{{/applications}}");
    EXPECT_TRUE(render_custom({}, options));
    EXPECT_FALSE(check_template(options));
    EXPECT_TRUE(check_template(with("{{#applications}}{{name}}{{/applications}}")));
}

}  // namespace
}  // namespace scrimp::proxy
