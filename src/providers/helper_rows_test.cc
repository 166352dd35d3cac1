#include <gtest/gtest.h>

#include "providers/providers.h"

namespace scrimp::providers {
namespace {

using nlohmann::json;

std::string complaint(std::string_view provider, const json& config) {
    boost::asio::io_context loop;
    const auto store = (*find_provider(provider))->open(config, loop);
    return store ? "none" : store.error().message;
}

std::string complaint_of_resolver(std::string_view resolver, const json& config) {
    boost::asio::io_context loop;
    const auto source = (*find_resolver(resolver))->open(config, loop);
    return source ? "none" : source.error().message;
}

/// `config` with one key more, or another value.
json with(json config, const char* key, json value) {
    config[key] = std::move(value);
    return config;
}

TEST(S3Settings, are_the_originals_and_more) {
    const json original{{"bucket", "b"}, {"region", "eu-west-2"}};
    EXPECT_EQ(complaint("s3", original), "none");
    EXPECT_EQ(complaint("s3", with(original, "key", "scrimplb")), "none");
    EXPECT_EQ(complaint("s3", {{"bucket", "b"},
                               {"region", "r"},
                               {"endpoint", "https://s3.example:9000"},
                               {"path-style", true},
                               {"profile", "p"},
                               {"credentials-file", "/etc/scrimplb/credentials"},
                               {"mode", "prefix"},
                               {"ca-file", "/etc/ssl/own.pem"},
                               {"expiry", "5m"},
                               {"timeout", "20s"}}),
              "none");
}

TEST(S3Settings, are_checked_before_anything_runs) {
    const json good{{"bucket", "b"}, {"region", "r"}};
    EXPECT_EQ(complaint("s3", json::object()), "bucket: required, and missing");
    EXPECT_EQ(complaint("s3", {{"bucket", "b"}}), "region: required, and missing");
    EXPECT_EQ(complaint("s3", with(good, "bucket", "")), "bucket: must not be empty");
    EXPECT_EQ(complaint("s3", with(good, "bucket", 7)), "bucket: must be a string, not a number");
    EXPECT_EQ(complaint("s3", with(good, "key", "a\nb")), "key: must be one line of plain text");
    EXPECT_EQ(complaint("s3", with(good, "buket", "b")),
              "buket: unknown key; did you mean 'bucket'?");
    EXPECT_EQ(complaint("s3", with(good, "path-style", "yes")),
              "path-style: must be true or false, not a string");
    EXPECT_EQ(complaint("s3", with(good, "mode", "fast")),
              "mode: 'fast' is none of 'auto', 'conditional', 'prefix'");
    EXPECT_EQ(complaint("s3", with(good, "timeout", "0")),
              "timeout: '0' must be between 1s and 10m");
    EXPECT_EQ(complaint("s3", with(good, "timeout", 5)), "timeout: must be a string, not a number");
    EXPECT_EQ(complaint("s3", with(good, "endpoint", "s3.example")),
              "endpoint: must be an address that begins with http:// or https://");
    EXPECT_EQ(complaint("s3", with(good, "endpoint", "http://s3.example/path")),
              "endpoint: must end after the host and its port");
}

TEST(HttpSettings, hold_an_address_and_whether_to_publish_there) {
    const json good{{"url", "https://seeds.example/seeds.json?v=1"}};
    EXPECT_EQ(complaint("http", good), "none");
    EXPECT_EQ(complaint("http", with(good, "headers", {{"x-team", "edge"}})), "none");
    EXPECT_EQ(complaint("http", json::object()), "url: required, and missing");
    for (const char* url : {"", "seeds.example", "ftp://seeds.example", "http://", "http:///x",
                            "http://a b/", "http://a/\"", "http://a/#x"}) {
        EXPECT_NE(complaint("http", {{"url", url}}), "none") << url;
    }
    EXPECT_EQ(complaint("http", {{"url", "https://me:hunter2@seeds.example/"}}),
              "url: must not hold a user or password");
    EXPECT_EQ(complaint("http", with(good, "publish-url", "https://seeds.example/put")),
              "publish-url: is of no use unless 'publish' is true");
    EXPECT_EQ(complaint("http", with(with(good, "publish", true), "publish-url", "https://a/put")),
              "none");
    EXPECT_EQ(complaint("http", with(good, "headers", {{"x:y", "edge"}})),
              "headers: 'x:y' is no name of a header");
    EXPECT_EQ(complaint("http", with(good, "headers", {{"x-team", "a\r\nb: c"}})),
              "headers: 'x-team' must be one line of plain text");
}

TEST(EtcdSettings, hold_at_least_one_endpoint) {
    const json good{{"endpoints", {"http://10.0.0.1:2379", "http://10.0.0.2:2379/"}}};
    EXPECT_EQ(complaint("etcd", good), "none");
    EXPECT_EQ(complaint("etcd", {{"endpoints", json::array()}}),
              "endpoints: must hold 1 to 16 addresses");
    EXPECT_EQ(complaint("etcd", {{"endpoints", "http://a"}}),
              "endpoints: must be a list, not a string");
    EXPECT_EQ(complaint("etcd", with(good, "username", "u")),
              "username: goes together with 'password-file'");
    EXPECT_EQ(complaint("etcd", with(with(good, "username", "u"), "password-file", "/p")), "none");
}

TEST(DnsSettings, hold_a_name) {
    const json good{{"name", "_scrimplb._tcp.example.org"}};
    EXPECT_EQ(complaint("dns", good), "none");
    EXPECT_EQ(complaint("dns", with(good, "port", 0U)), "port: '0' is not a port from 1 to 65535");
    EXPECT_EQ(complaint("dns", with(good, "port", 7U)), "none");
    for (const char* server : {"10.0.0.53", "10.0.0.53:5353", "fd00::53", "[fd00::53]:5353"}) {
        EXPECT_EQ(complaint("dns", with(good, "server", server)), "none") << server;
    }
    EXPECT_EQ(complaint("dns", with(good, "server", "ns1.example.org")),
              "server: must be an IP address, or ADDRESS:PORT");
    EXPECT_EQ(complaint("dns", with(good, "type", "mx")),
              "type: 'mx' is none of 'auto', 'a', 'srv'");
}

TEST(ExecSettings, hold_a_command) {
    EXPECT_EQ(complaint("exec", {{"command", {"/usr/local/bin/seeds", "-v"}},
                                 {"timeout", "5s"},
                                 {"config", {{"anything", {1, 2}}}}}),
              "none");
    EXPECT_EQ(complaint("exec", json::object()), "command: required, and missing");
    EXPECT_EQ(complaint("exec", {{"command", "seeds"}}),
              "command: must be a list of strings, the program and its arguments, not a string");
    EXPECT_EQ(complaint("exec", {{"command", json::array()}}),
              "command: must hold 1 to 64 strings");
    EXPECT_EQ(complaint("exec", {{"command", {""}}}), "command: must begin with a program");
    EXPECT_EQ(complaint("exec", {{"command", {"a", 7}}}),
              "command: must be a string, not a number");
    EXPECT_EQ(complaint("exec", {{"command", {"a"}}, {"config", 7}}),
              "config: must be an object, not a number");
    EXPECT_EQ(complaint_of_resolver("exec", {{"command", {"a"}}}), "none");
    EXPECT_EQ(complaint_of_resolver("exec", {{"command", {"a"}}, {"publish", true}}),
              "publish: unknown key");
}

TEST(MetadataSettings, are_few) {
    for (const char* resolver : {"ec2", "gcp", "digitalocean", "hetzner"}) {
        EXPECT_EQ(complaint_of_resolver(resolver, json::object()), "none");
        EXPECT_EQ(complaint_of_resolver(resolver, {{"family", "ipv6"},
                                                   {"scope", "public"},
                                                   {"endpoint", "http://127.0.0.1:8080"},
                                                   {"timeout", "5s"}}),
                  "none");
        EXPECT_EQ(complaint_of_resolver(resolver, {{"scope", "local"}}),
                  "scope: 'local' is none of 'private', 'public'");
    }
    EXPECT_EQ(complaint_of_resolver("ec2", {{"allow-imdsv1", true}}), "none");
    EXPECT_EQ(complaint_of_resolver("gcp", {{"allow-imdsv1", true}}), "allow-imdsv1: unknown key");
    EXPECT_EQ(complaint_of_resolver("dns", json::object()), "name: required, and missing");
    EXPECT_EQ(complaint_of_resolver("dns", {{"name", "me.example"}, {"family", "ip"}}),
              "family: 'ip' is none of 'ipv4', 'ipv6'");
}

}  // namespace
}  // namespace scrimp::providers
