#include "providers/providers.h"

#include <gtest/gtest.h>

#include <optional>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

namespace scrimp::providers {
namespace {

using nlohmann::json;

struct Loop {
    boost::asio::io_context context;

    Result<std::unique_ptr<SeedStore>> open(std::string_view provider, const json& config) {
        return (*find_provider(provider))->open(config, context);
    }
    std::string complaint(std::string_view provider, const json& config) {
        const auto store = open(provider, config);
        return store ? "none" : store.error().message;
    }
    std::optional<Result<std::vector<Endpoint>>> fetch(SeedStore& store) {
        std::optional<Result<std::vector<Endpoint>>> answer;
        store.fetch([&](auto outcome) { answer = std::move(outcome); });
        EXPECT_FALSE(answer) << "answers come later, on the loop";
        context.restart();
        context.run();
        return answer;
    }
    std::optional<Result<void>> publish(SeedStore& store, const Endpoint& self) {
        std::optional<Result<void>> answer;
        store.publish(self, [&](auto outcome) { answer = std::move(outcome); });
        EXPECT_FALSE(answer);
        context.restart();
        context.run();
        return answer;
    }
};

/// The address, or what is wrong.
std::string resolved(std::string_view name, const json& config) {
    boost::asio::io_context context;
    const auto source = (*find_resolver(name))->open(config, context);
    if (!source) return source.error().message;
    std::string answer;
    (*source)->resolve([&](const Result<Endpoint>& address) {
        answer = address ? address->ip_text() : address.error().message;
    });
    EXPECT_EQ(answer, "") << "answers come later, on the loop";
    context.run();
    return answer;
}

TEST(Providers, are_found_by_name_whatever_its_case) {
    for (const char* name :
         {"dummy", "Manual", "FILE", "s3", "S3", "http", "etcd", "dns", "exec"}) {
        EXPECT_TRUE(find_provider(name)) << name;
    }
    EXPECT_EQ((*find_provider("Manual"))->name, "manual");
    EXPECT_EQ(find_provider("manuel").error().message,
              "'manuel' is not a provider; did you mean 'manual'? (known: dns dummy etcd exec file "
              "http manual s3)");
    EXPECT_EQ(find_provider("").error().message,
              "'' is not a provider (known: dns dummy etcd exec file http manual s3)");
}

TEST(Dummy, holds_nothing_and_forgets_what_is_published) {
    Loop loop;
    auto store = *loop.open("dummy", json::object());
    EXPECT_TRUE(*loop.publish(*store, *parse_endpoint("10.0.0.1:1")));
    EXPECT_EQ(**loop.fetch(*store), std::vector<Endpoint>{});
}

TEST(Manual, yields_the_one_address_it_was_given) {
    Loop loop;
    const auto seed_of = [&](const json& config) {
        auto store = loop.open("manual", config);
        return store ? (**loop.fetch(**store)).at(0).text() : store.error().message;
    };
    EXPECT_EQ(seed_of({{"ip", "10.0.0.1"}}), "10.0.0.1:9999");
    EXPECT_EQ(seed_of({{"ip", "[fd00::7]"}, {"port", "80"}}), "[fd00::7]:80");
    EXPECT_EQ(seed_of({{"ip", "fd00::7"}, {"port", 8080U}}), "[fd00::7]:8080");
}

TEST(Manual, keeps_its_address_whatever_is_published) {
    Loop loop;
    auto store = *loop.open("manual", {{"ip", "10.0.0.1"}});
    EXPECT_TRUE(*loop.publish(*store, *parse_endpoint("10.0.0.2:1")));
    EXPECT_EQ(**loop.fetch(*store), std::vector{*parse_endpoint("10.0.0.1:9999")});
}

TEST(Manual, names_the_key_that_is_wrong) {
    Loop loop;
    EXPECT_EQ(loop.complaint("manual", json::object()), "ip: required, and missing");
    EXPECT_EQ(loop.complaint("manual", {{"ip", ""}}), "ip: required, and missing");
    EXPECT_EQ(loop.complaint("manual", {{"ip", 7}}), "ip: must be a string, not a number");
    EXPECT_EQ(loop.complaint("manual", {{"ip", "host"}}), "ip: 'host' is not an IP address");
    EXPECT_EQ(loop.complaint("manual", {{"ip", "0.0.0.0"}}),
              "ip: '0.0.0.0' stands for every address; name one");
    for (const json& port : {json("0"), json(0), json(70000), json(-1), json(1.5)}) {
        EXPECT_TRUE(loop.complaint("manual", {{"ip", "10.0.0.1"}, {"port", port}})
                        .ends_with("is not a port from 1 to 65535"))
            << port;
    }
    EXPECT_EQ(loop.complaint("manual", {{"ip", "10.0.0.1"}, {"prot", 1}}),
              "prot: unknown key; did you mean 'port'?");
    EXPECT_EQ(loop.complaint("manual", json::array()), "must be an object");
}

TEST(SeedStore, answers_nobody_after_its_end) {
    Loop loop;
    bool answered = false;
    {
        auto store = *loop.open("dummy", json::object());
        store->fetch([&](const auto&) { answered = true; });
        store->publish({}, [&](const auto&) { answered = true; });
    }
    loop.context.run();
    EXPECT_FALSE(answered);
}

TEST(SeedStore, says_whether_publishing_leads_anywhere) {
    Loop loop;
    const auto publishes = [&](std::string_view provider, const json& config) {
        return (*loop.open(provider, config))->publishes();
    };
    EXPECT_FALSE(publishes("dummy", json::object()));
    EXPECT_FALSE(publishes("manual", {{"ip", "10.0.0.1"}}));
    EXPECT_FALSE(publishes("dns", {{"name", "lb.example"}}));
    EXPECT_FALSE(publishes("http", {{"url", "http://seeds.example/"}}));
    EXPECT_FALSE(publishes("exec", {{"command", {"x"}}, {"publish", false}}));
    EXPECT_TRUE(publishes("http", {{"url", "http://seeds.example/"}, {"publish", true}}));
    EXPECT_TRUE(publishes("exec", {{"command", {"x"}}}));
    EXPECT_TRUE(publishes("file", {{"path", "x"}}));
    EXPECT_TRUE(publishes("s3", {{"bucket", "b"}, {"region", "r"}}));
    EXPECT_TRUE(publishes("etcd", {{"endpoints", {"http://127.0.0.1:2379"}}}));
}

TEST(AddressSource, answers_nobody_after_its_end) {
    Loop loop;
    bool answered = false;
    {
        const auto source = *(*find_resolver("dummy"))->open(json::object(), loop.context);
        source->resolve([&](const auto&) { answered = true; });
    }
    loop.context.run();
    EXPECT_FALSE(answered);
}

TEST(Resolvers, are_found_by_name_whatever_its_case) {
    for (const char* name : {"dummy", "EC2", "IPv6", "ipv4", "interface", "static", "dns", "exec",
                             "gcp", "DigitalOcean", "hetzner"}) {
        EXPECT_TRUE(find_resolver(name)) << name;
    }
    EXPECT_EQ(
        find_resolver("ip6").error().message,
        "'ip6' is not a resolver; did you mean 'ipv6'? (known: digitalocean dns dummy ec2 exec "
        "gcp hetzner interface ipv4 ipv6 static)");
}

TEST(Resolvers, answer_what_the_configuration_says) {
    EXPECT_EQ(resolved("dummy", json::object()), "::1");
    EXPECT_EQ(resolved("static", {{"address", "10.0.0.7"}}), "10.0.0.7");
    EXPECT_EQ(resolved("static", {{"address", "[fd00::7]"}}), "fd00::7");
    EXPECT_EQ(resolved("static", {{"address", "::"}}),
              "address: '::' stands for every address; name one");
    EXPECT_EQ(resolved("static", {{"adress", "10.0.0.7"}}),
              "adress: unknown key; did you mean 'address'?");
    EXPECT_EQ(resolved("dummy", {{"x", 1}}), "x: unknown key");
}

TEST(Resolvers, find_the_loopback_interface_of_this_host) {
    EXPECT_EQ(resolved("interface", {{"interface", "lo"}, {"family", "ipv4"}}), "127.0.0.1");
    EXPECT_EQ(resolved("interface", {{"interface", "lo"}, {"family", "ip"}}),
              "family: 'ip' is neither 'ipv4' nor 'ipv6'");
    EXPECT_EQ(resolved("interface", json::object()), "interface: required, and missing");
}

TEST(Network, lists_the_loopback_address_as_such) {
    const auto addresses = enumerate_network();
    ASSERT_TRUE(addresses);
    const auto loopback = std::ranges::find_if(*addresses, [](const InterfaceAddress& each) {
        return each.address.ip_text() == "127.0.0.1";
    });
    ASSERT_NE(loopback, addresses->end());
    EXPECT_TRUE(loopback->up && loopback->loopback && !loopback->global);
}

}  // namespace
}  // namespace scrimp::providers
