#include "service/application.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"

namespace scrimp::service {
namespace {

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

Json shop() {
    return Json{{"name", "shop"},
                {"listen-port", "443"},
                {"application-port", "8080"},
                {"protocol", "http"},
                {"domains", {"shop.example"}}};
}

/// The reason for which the shop with one member changed is refused.
std::string refusal(const std::string& key, const Json& value) {
    Json changed = shop();
    changed[key] = value;
    const auto application = parse_application(changed);
    return application ? "accepted" : application.error().message;
}

TEST(Name, takes_letters_digits_dots_hyphens_and_underscores) {
    for (const std::string& text :
         {std::string("a"), std::string("My-App_2.1"), std::string("0"), std::string(63, 'x')}) {
        ASSERT_TRUE(Name::parse(text)) << text;
        EXPECT_EQ(Name::parse(text)->text(), text);
    }
}

TEST(Name, refuses_everything_that_could_mean_something_to_a_proxy) {
    for (const std::string& text : {std::string(),
                                    std::string("-a"),
                                    std::string(".a"),
                                    std::string("_a"),
                                    std::string("a b"),
                                    std::string("a;"),
                                    std::string("a{"),
                                    std::string("a}"),
                                    std::string("$a"),
                                    std::string("a\"b"),
                                    std::string("a'b"),
                                    std::string("a/b"),
                                    std::string("a\\b"),
                                    std::string("a#b"),
                                    std::string("a:b"),
                                    std::string("a\nb"),
                                    std::string("a\0b", 3),
                                    std::string("a\x7f"),
                                    std::string("b\xc3\xbc"),
                                    std::string("x; } server { listen 81; }"),
                                    std::string(64, 'x'),
                                    std::string(300, 'x')}) {
        const auto name = Name::parse(text);
        ASSERT_FALSE(name) << text;
        EXPECT_TRUE(is_printable(name.error().message)) << text;
        EXPECT_LT(name.error().message.size(), 200u) << text;
    }
}

TEST(Domain, is_read_in_small_letters) {
    EXPECT_EQ(Domain::parse("Shop.EXAMPLE")->text(), "shop.example");
    EXPECT_EQ(*Domain::parse("a.b"), *Domain::parse("A.B"));
}

TEST(Domain, takes_what_browsers_send) {
    const std::string label(63, 'a');
    for (const std::string& text :
         {std::string("localhost"), std::string("a-b.c_d.example"), std::string("xn--bcher-kva.de"),
          std::string("_dmarc.example"), std::string("1.2.3.4"), label + ".example",
          label + "." + label + "." + label + "." + std::string(61, 'b')}) {
        EXPECT_TRUE(Domain::parse(text)) << text;
    }
}

TEST(Domain, takes_a_wildcard_as_the_first_of_several_labels_only) {
    EXPECT_EQ(Domain::parse("*.Example.com")->text(), "*.example.com");
    for (const char* text : {"*", "*.", "*.*.example", "a.*.example", "example.*", "*a.example",
                             "a*.example", "**.example", "*example", ".example", "*..example"}) {
        EXPECT_FALSE(Domain::parse(text)) << text;
    }
}

TEST(Domain, refuses_everything_that_could_mean_something_to_a_proxy) {
    const std::string label(63, 'a');
    for (const std::string& text :
         {std::string(),
          std::string("."),
          std::string("a."),
          std::string("a..b"),
          std::string("-a.b"),
          std::string("a-.b"),
          std::string("a b"),
          std::string("~^a$"),
          std::string("\"\""),
          std::string("$host"),
          std::string("a;b"),
          std::string("a{}"),
          std::string("a\n.b"),
          std::string("a\0.b", 4),
          std::string("[::1]"),
          std::string("a:80"),
          std::string("http://a"),
          std::string("b\xc3\xbc"
                      "cher.de"),
          std::string("\xe2\x80\xae.example"),
          label + "a.example",
          std::string(300, 'x'),
          label + "." + label + "." + label + "." + std::string(62, 'b'),
          std::string("x; } server { listen 81; return 200 pwned; } server { listen 444; "
                      "server_name y")}) {
        const auto domain = Domain::parse(text);
        ASSERT_FALSE(domain) << text;
        EXPECT_TRUE(is_printable(domain.error().message)) << text;
        EXPECT_LT(domain.error().message.size(), 200u) << text;
    }
}

TEST(Domain, tells_the_writer_of_another_script_what_to_do) {
    EXPECT_EQ(Domain::parse("b\xc3\xbc"
                            "cher.de")
                  .error()
                  .message,
              "'b\\xc3\\xbccher.de' is not ASCII; write it in punycode");
}

TEST(Protocol, is_a_known_name_in_any_letters) {
    EXPECT_EQ(parse_protocol("http"), Protocol::Http);
    EXPECT_EQ(parse_protocol("HTTPS"), Protocol::Https);
    for (const Protocol protocol :
         {Protocol::Grpc, Protocol::Grpcs, Protocol::Tcp, Protocol::Udp}) {
        EXPECT_EQ(parse_protocol(name_of(protocol)), protocol);
    }
    EXPECT_EQ(name_of(Protocol::Udp), "udp");
    for (const char* text : {"", "gopher", "http ", "https://", "httpss", "h2"}) {
        EXPECT_FALSE(parse_protocol(text)) << text;
    }
    EXPECT_EQ(parse_protocol("gopher").error().message,
              "'gopher' is not a protocol; http, https, grpc, grpcs, tcp and udp are");
}

TEST(Application, is_read_as_the_original_writes_it) {
    const auto application = parse_application(shop());
    ASSERT_TRUE(application);
    EXPECT_EQ(application->name.text(), "shop");
    EXPECT_EQ(application->listen_port, 443);
    EXPECT_EQ(application->application_port, 8080);
    EXPECT_EQ(application->protocol, Protocol::Http);
    ASSERT_EQ(application->domains.size(), 1u);
}

TEST(Application, takes_ports_as_numbers_as_well) {
    Json numbers = shop();
    numbers["listen-port"] = 443U;
    numbers["application-port"] = 8080U;
    EXPECT_EQ(parse_application(numbers), parse_application(shop()));
}

TEST(Application, is_the_same_in_whatever_order_its_domains_come) {
    Json one = shop();
    one["domains"] = {"b.example", "a.example", "B.example"};
    Json other = shop();
    other["domains"] = {"a.example", "b.example"};
    EXPECT_EQ(parse_application(one), parse_application(other));
}

TEST(Application, refuses_each_fault_and_names_its_key) {
    EXPECT_EQ(refusal("listen-port", "0"), "listen-port: '0' is not a port from 1 to 65535");
    EXPECT_EQ(refusal("listen-port", 70'000U),
              "listen-port: '70000' is not a port from 1 to 65535");
    EXPECT_EQ(refusal("application-port", -1),
              "application-port: '-1' is not a port from 1 to 65535");
    EXPECT_EQ(refusal("protocol", ""),
              "protocol: '' is not a protocol; http, https, grpc, grpcs, tcp and udp are");
    EXPECT_EQ(refusal("protocol", nullptr), "protocol: is missing");
    EXPECT_EQ(refusal("name", 7), "name: must be a string, not a number");
    EXPECT_EQ(refusal("domains", Json::array()), "domains: must name at least one domain");
    EXPECT_EQ(refusal("domains", "a.example"), "domains: must be a list of strings, not a string");
    EXPECT_EQ(refusal("domains", {"a.example", 1}), "domains: must be a string, not a number");
    EXPECT_EQ(refusal("domains", Json(std::vector<std::string>(101, "a.example"))),
              "domains: has 101 entries, at most 100 are allowed");
    EXPECT_EQ(parse_application(Json("shop")).error().message,
              "an application must be an object, not a string");
}

TEST(Application, lets_no_control_byte_into_its_errors) {
    const std::string evil("a\x1b[2J\n\0b", 9);
    for (const std::string_view key : application_keys) {
        EXPECT_TRUE(is_printable(refusal(std::string(key), evil))) << key;
    }
    EXPECT_TRUE(is_printable(refusal("domains", Json::array({evil}))));
}

TEST(Application, passes_over_keys_of_a_later_version) {
    EXPECT_EQ(refusal("colour", "red"), "accepted");
}

}  // namespace
}  // namespace scrimp::service
