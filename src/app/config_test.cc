#include "app/config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "app/config_backend.h"
#include "runtime/files.h"

namespace scrimp::app {
namespace {

using namespace std::chrono_literals;

const std::string testdata = SCRIMP_SOURCE_DIR "/src/app/testdata/";

const Surroundings surroundings{
    .host_name = "host1",
    .state_directory = "/var/lib/scrimplb",
    .read_directory = [](const std::string& directory) -> Result<std::vector<TextFile>> {
        if (directory != "apps.d") return fail("cannot read the directory '" + directory + "'");
        return std::vector<TextFile>{
            {"apps.d/a.json", R"({"name":"a","listen-port":443,"application-port":1,
                                  "protocol":"http","domains":["a.example"]})"},
            {"apps.d/b.json", R"({"name":"b","listen-port":443,"application-port":0,
                                  "protocol":"http","domains":["b.example"]})"},
            {"apps.d/c.json", "{\n  oops\n}"}};
    },
    .read_keyring = [](const std::string& path) -> Result<wire::Keyring> {
        if (path != "keys.json") return fail(path + ": there is no such file");
        wire::Keyring keys;
        (void)keys.add(Bytes(16, std::byte{1}));
        return keys;
    }};

Result<Config> parse(std::string_view text) {
    return parse_config(text, "scrimp.json", surroundings);
}

/// A backend that is in order, with more members at the top.
Result<Config> backend_with(const std::string& members) {
    return parse(R"({"backend-config":{"applications":[{"name":"shop","listen-port":"443",
        "application-port":"8080","protocol":"http","domains":["shop.example"]}]},
        "provider":"dummy")" +
                 (members.empty() ? "" : "," + members) + "}");
}

/// A balancer that is in order, with members of its load-balancer-config.
Result<Config> balancer_with(const std::string& members) {
    return parse(R"({"lb":true,"provider":"dummy","resolver":"ipv6","load-balancer-config":{)" +
                 members + "}}");
}

std::string refusal(const Result<Config>& config) {
    return config ? "accepted" : config.error().message;
}

bool warns(const Config& config, std::string_view words) {
    return std::ranges::any_of(config.warnings, [&](const std::string& warning) {
        return warning.find(words) != std::string::npos;
    });
}

TEST(Config, loads_the_originals_balancer_with_s3_and_ec2) {
    const auto config = load_config(testdata + "lb-s3.json");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_TRUE(config->load_balancer);
    EXPECT_EQ(config->bind.text(), "0.0.0.0:9999");
    ASSERT_EQ(config->providers.size(), 1u);
    EXPECT_EQ(config->providers[0].name, "s3");
    EXPECT_EQ(config->providers[0].config["bucket"], "scrimp-seeds");
    EXPECT_EQ(config->resolver, "ec2");
    EXPECT_EQ(config->load_balancer_config.push_period, 60s);
    EXPECT_EQ(config->load_balancer_config.push_jitter, 2s);
    EXPECT_EQ(config->load_balancer_config.generator, "nginx");
    EXPECT_EQ(config->load_balancer_config.generator_target, "/etc/nginx/conf.d/scrimp.conf");
    EXPECT_TRUE(config->load_balancer_config.generator_stdout);
    EXPECT_EQ(config->load_balancer_config.tls_chain_location, "/etc/scrimplb/chain.pem");
    EXPECT_EQ(config->load_balancer_config.tls_key_location, "/etc/scrimplb/key.pem");
}

TEST(Config, loads_the_originals_other_files) {
    const auto balancer = load_config(testdata + "lb-dummy.json");
    ASSERT_TRUE(balancer) << balancer.error().message;
    EXPECT_EQ(balancer->load_balancer_config.push_period, 90s);
    EXPECT_EQ(balancer->load_balancer_config.push_jitter, 500ms);
    EXPECT_EQ(balancer->load_balancer_config.generator, "dummy");

    const auto backend = load_config(testdata + "backend-manual.json");
    ASSERT_TRUE(backend) << backend.error().message;
    EXPECT_FALSE(backend->load_balancer);
    EXPECT_EQ(backend->bind.port, 9998);
    ASSERT_EQ(backend->providers.size(), 1u);
    EXPECT_EQ(backend->providers[0].name, "manual");
    ASSERT_EQ(backend->applications.size(), 1u);
    EXPECT_EQ(backend->applications[0].listen_port, 443);
    EXPECT_TRUE(backend->warnings.empty()) << backend->warnings[0];
}

TEST(Config, loads_and_announces_an_application_on_port_80_and_warns_of_it) {
    const auto config = load_config(testdata + "backend-s3.json");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->applications.size(), 2u);
    EXPECT_TRUE(warns(*config, "'plain' has listen-port 80"));
}

TEST(Config, loads_a_directory_of_applications) {
    const auto config = parse_config(
        R"({"provider":"manual","provider-config":{"ip":"10.0.0.1"},
            "backend-config":{"application-config-dir":"applications"}})",
        "scrimp.json",
        {.host_name = "host1",
         .state_directory = "",
         .read_directory = [](const std::string& directory) {
             return read_application_files(testdata + directory);
         }});
    ASSERT_TRUE(config) << config.error().message;
    ASSERT_EQ(config->applications.size(), 2u);
    EXPECT_EQ(config->applications[0].name.text(), "app1");
    EXPECT_EQ(config->applications[1].domains.size(), 2u);
}

TEST(Config, loads_every_example) {
    const std::string examples = SCRIMP_SOURCE_DIR "/examples/";
    for (const char* name :
         {"balancer.json", "balancer-s3.json", "private-nginx.json", "backend.json"}) {
        const auto config = load_config(examples + name);
        ASSERT_TRUE(config) << config.error().message;
        EXPECT_TRUE(config->warnings.empty()) << name << ": " << config->warnings[0];
    }
    const auto text = runtime::read_file(examples + "backend-directory.json", 4096);
    ASSERT_TRUE(text && *text);
    const auto config =
        parse_config(**text, "backend-directory.json",
                     {.host_name = "host1",
                      .state_directory = "",
                      .read_directory = [&](const std::string& directory) {
                          EXPECT_EQ(directory, "/etc/scrimplb/applications.d");
                          return read_application_files(examples + "applications.d");
                      }});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->applications.size(), 4u);
}

TEST(Config, has_the_documented_defaults) {
    const auto config = backend_with("");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_FALSE(config->load_balancer);
    EXPECT_EQ(config->bind.text(), "0.0.0.0:9999");
    EXPECT_FALSE(config->advertise);
    EXPECT_EQ(config->node_name, "host1");
    EXPECT_EQ(config->state_dir, "/var/lib/scrimplb");
    EXPECT_EQ(config->log_level, LogLevel::Info);
    EXPECT_EQ(config->gossip.suspicion_mult, swim::lan_profile().suspicion_mult);
    EXPECT_EQ(config->gossip.delegate_max, 0);
    EXPECT_TRUE(config->gossip.envelope.compress);
    EXPECT_TRUE(config->warnings.empty());
    const auto balancer = balancer_with("");
    ASSERT_TRUE(balancer) << balancer.error().message;
    EXPECT_EQ(balancer->load_balancer_config.push_period, 60s);
    EXPECT_EQ(balancer->load_balancer_config.push_jitter, 5s);
    EXPECT_EQ(balancer->load_balancer_config.http_port, 80);
    EXPECT_EQ(balancer->load_balancer_config.https_port, 443);
    EXPECT_FALSE(balancer->load_balancer_config.check_command);
    EXPECT_FALSE(balancer->load_balancer_config.reload_command);
}

TEST(Config, reads_the_new_keys) {
    const auto config = backend_with(R"("node-name":"b7","advertise-address":"fd00::7",
        "port":7946,"state-dir":"","log-level":"Debug","gossip-profile":"original",
        "delegate-versions":[2,5,5],"compression":false,
        "resolver":"static","resolver-config":{"address":"10.0.0.7","unset":null})");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->node_name, "b7");
    EXPECT_EQ(config->advertise->text(), "[fd00::7]:7946");
    EXPECT_EQ(config->state_dir, "");
    EXPECT_EQ(config->log_level, LogLevel::Debug);
    EXPECT_EQ(config->gossip.suspicion_max_timeout_mult, 3) << "the original's";
    EXPECT_EQ(config->gossip.delegate_min, 2);
    EXPECT_EQ(config->gossip.delegate_max, 5);
    EXPECT_EQ(config->gossip.delegate_current, 5);
    EXPECT_FALSE(config->gossip.envelope.compress);
    EXPECT_EQ(config->resolver_config.dump(), R"({"address":"10.0.0.7"})");
    EXPECT_EQ(backend_with(R"("advertise-address":"[fd00::7]:1234")")->advertise->text(),
              "[fd00::7]:1234");

    const auto balancer = balancer_with(R"("http-port":8080,"https-port":"8443",
        "check-command":["nginx","-t","-c","{candidate}"],"reload-command":[])");
    ASSERT_TRUE(balancer) << balancer.error().message;
    EXPECT_EQ(balancer->load_balancer_config.http_port, 8080);
    EXPECT_EQ(balancer->load_balancer_config.https_port, 8443);
    EXPECT_EQ(balancer->load_balancer_config.check_command,
              (proxy::Command{"nginx", "-t", "-c", "{candidate}"}));
    EXPECT_EQ(balancer->load_balancer_config.reload_command, proxy::Command{});
}

TEST(Config, matches_keys_in_any_letters_and_takes_null_for_not_given_as_go_does) {
    const auto config = parse(R"({"LB":true,"Provider":null,"Resolver":"IPv6",
                                  "Load-Balancer-Config":{"Generator":"NGINX"}})");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_TRUE(config->load_balancer);
    EXPECT_EQ(config->resolver, "ipv6");
    EXPECT_EQ(config->load_balancer_config.generator, "nginx");
}

TEST(Config, refuses_an_unknown_key_and_suggests_the_nearest) {
    EXPECT_EQ(refusal(backend_with(R"("prot":"9999")")),
              "scrimp.json: prot: unknown key; did you mean 'port'?");
    EXPECT_EQ(refusal(balancer_with(R"("genrator":"nginx")")),
              "scrimp.json: load-balancer-config.genrator: unknown key; did you mean "
              "'generator'?");
    EXPECT_EQ(refusal(backend_with(R"("colour":"red")")), "scrimp.json: colour: unknown key");
    EXPECT_EQ(refusal(parse(R"({"provider":"dummy","backend-config":{"applications":[
                  {"name":"a","listen-port":443,"application-port":1,"protocol":"http",
                   "domain":["a.example"]}]}})")),
              "scrimp.json: backend-config.applications[0].domain: unknown key; did you mean "
              "'domains'?");
    EXPECT_EQ(refusal(backend_with(R"("a\n":1)")), "scrimp.json: a\\x0a: unknown key");
}

TEST(Config, refuses_what_the_generator_cannot_spell) {
    EXPECT_TRUE(refusal(balancer_with(R"("generator":"haproxy","generator-target":"/etc/lb.cfg")"))
                    .starts_with("scrimp.json: load-balancer-config.tls-key-location: haproxy "
                                 "looks for the key in /etc/ssl/chain.pem itself or in "));
}

TEST(Config, refuses_an_unknown_plug_in_and_suggests_the_nearest) {
    EXPECT_TRUE(refusal(balancer_with(R"("generator":"ngnix")"))
                    .starts_with("scrimp.json: load-balancer-config.generator: 'ngnix' is not a "
                                 "generator; did you mean 'nginx'? (known: "));
    EXPECT_TRUE(refusal(parse(R"({"lb":true,"provider":"manuel","resolver":"ipv6"})"))
                    .starts_with("scrimp.json: provider: 'manuel' is not a provider; did you mean "
                                 "'manual'?"));
    EXPECT_TRUE(refusal(parse(R"({"lb":true,"resolver":"ipv5"})"))
                    .starts_with("scrimp.json: resolver: 'ipv5' is not a resolver; did you mean"));
    EXPECT_EQ(refusal(backend_with(R"("log-level":"warn")")),
              "scrimp.json: log-level: 'warn' is not known (known: debug info warning error)");
}

TEST(Config, reads_what_a_balancer_supports) {
    const auto config = balancer_with(R"("supported-protocols":["HTTPS"],
        "supported-listen-ports":[443,"8443","8000-8999"])");
    ASSERT_TRUE(config) << config.error().message;
    const service::Support& support = config->load_balancer_config.support;
    EXPECT_EQ(support.protocols, std::vector{service::Protocol::Https});
    EXPECT_EQ(support.listen_ports,
              (std::vector<service::PortRange>{{443, 443}, {8443, 8443}, {8000, 8999}}));
    EXPECT_EQ(refusal(balancer_with(R"("supported-protocols":["gopher"])")),
              "scrimp.json: load-balancer-config.supported-protocols: 'gopher' is not a protocol; "
              "http, https, grpc, grpcs, tcp and udp are");
    for (const char* range : {"9-8", "0-8", "8-70000", "8-", "a-b", "8-9-10"}) {
        EXPECT_EQ(
            refusal(balancer_with(R"("supported-listen-ports":[")" + std::string(range) + "\"]")),
            "scrimp.json: load-balancer-config.supported-listen-ports: '" + std::string(range) +
                "' is not a range of ports; write it like 8000-8999");
    }
    EXPECT_EQ(refusal(balancer_with(R"("supported-listen-ports":[-5])")),
              "scrimp.json: load-balancer-config.supported-listen-ports: '-5' is not a port from 1 "
              "to 65535");
}

TEST(Config, names_type_and_range_of_each_value_at_fault) {
    EXPECT_EQ(refusal(backend_with(R"("lb":"false")")),
              "scrimp.json: lb: must be true or false, not a string");
    EXPECT_EQ(refusal(backend_with(R"("port":-5)")),
              "scrimp.json: port: '-5' is not a port from 1 to 65535");
    EXPECT_EQ(refusal(backend_with(R"("port":"70000")")),
              "scrimp.json: port: '70000' is not a port from 1 to 65535");
    EXPECT_EQ(refusal(backend_with(R"("bind-address":"localhost")")),
              "scrimp.json: bind-address: 'localhost' is not an IP address");
    EXPECT_EQ(refusal(backend_with(R"("advertise-address":"0.0.0.0")")),
              "scrimp.json: advertise-address: '0.0.0.0' stands for every address; name the one "
              "others reach");
    EXPECT_EQ(refusal(backend_with(R"("node-name":"a b")")),
              "scrimp.json: node-name: must be 1 to 255 printable ASCII characters without "
              "spaces");
    EXPECT_EQ(refusal(backend_with(R"("state-dir":"/a\u0000b")")),
              "scrimp.json: state-dir: must not contain control characters");
    for (const char* versions : {"[2,5]", "[2,5,256]", "[2,5,-1]", "[2,5,\"5\"]", "5"}) {
        EXPECT_TRUE(refusal(backend_with("\"delegate-versions\":" + std::string(versions)))
                        .starts_with("scrimp.json: delegate-versions: must be "))
            << versions;
    }
    EXPECT_EQ(refusal(backend_with(R"("delegate-versions":[2,5,6])")),
              "scrimp.json: delegate-versions: the third, current, must lie between the first two, "
              "min and max");
    EXPECT_EQ(refusal(balancer_with(R"("push-period":"5x")")),
              "scrimp.json: load-balancer-config.push-period: '5x' is not a duration; write it "
              "like 300ms, 5s, 1m30s or 1h");
    EXPECT_EQ(refusal(balancer_with(R"("push-period":"0s")")),
              "scrimp.json: load-balancer-config.push-period: '0s' is not between 100ms and "
              "604800000ms");
    EXPECT_EQ(refusal(balancer_with(R"("jitter":5)")),
              "scrimp.json: load-balancer-config.jitter: must be a string, not a number");
    EXPECT_EQ(refusal(balancer_with(R"("http-port":443)")),
              "scrimp.json: load-balancer-config.https-port: must differ from http-port");
    EXPECT_EQ(refusal(balancer_with(R"("check-command":"nginx -t")")),
              "scrimp.json: load-balancer-config.check-command: must be a list of strings, not a "
              "string");
    EXPECT_EQ(refusal(balancer_with(R"("reload-command":[""])")),
              "scrimp.json: load-balancer-config.reload-command: the first entry, the program, "
              "must not be empty");
    EXPECT_EQ(refusal(parse(R"({"backend-config":[]})")),
              "scrimp.json: backend-config: must be an object, not a list");
}

TEST(Config, tells_all_mistakes_in_one_run) {
    EXPECT_EQ(refusal(parse(R"({"port":0,"lb":1,"backend-config":{"application-config-dir":
                                "apps.d","applications":[7]},"hello":1})")),
              "scrimp.json: lb: must be true or false, not a number\n"
              "scrimp.json: port: '0' is not a port from 1 to 65535\n"
              "scrimp.json: backend-config.applications[0]: an application must be an object, not "
              "a number\n"
              "scrimp.json: hello: unknown key\n"
              "apps.d/b.json: application-port: '0' is not a port from 1 to 65535\n"
              "apps.d/c.json: line 2, column 3: syntax error while parsing object key - invalid "
              "literal; last read: '{<U+000A>  o'; expected string literal");
}

TEST(Config, points_at_a_syntax_error_and_at_a_missing_file) {
    EXPECT_TRUE(refusal(parse("{\n\"lb\": true,\n}")).starts_with("scrimp.json: line 3, column 1"));
    EXPECT_EQ(refusal(parse(R"({"lb":true,"Lb":false})")),
              "scrimp.json: the key 'lb' appears twice");
    EXPECT_EQ(refusal(parse("[]")), "scrimp.json: must be an object, not a list");
    EXPECT_EQ(refusal(load_config("/nowhere/scrimp.json")),
              "/nowhere/scrimp.json: there is no such file");
    EXPECT_FALSE(load_config(testdata));
    EXPECT_FALSE(read_application_files("/nowhere"));
}

TEST(Config, demands_an_address_for_a_balancer_and_an_application_for_a_backend) {
    EXPECT_TRUE(refusal(parse(R"({"lb":true})"))
                    .starts_with("scrimp.json: resolver: a load balancer must know the address"));
    EXPECT_TRUE(parse(R"({"lb":true,"advertise-address":"10.0.0.1"})"));
    EXPECT_TRUE(parse(R"({"lb":true,"bind-address":"10.0.0.1"})"));
    EXPECT_TRUE(
        refusal(parse("{}"))
            .starts_with("scrimp.json: backend-config: a backend needs at least one application"));
    EXPECT_TRUE(refusal(parse(R"({"backend-config":{"applications":[]}})"))
                    .starts_with("scrimp.json: backend-config: a backend needs"));
}

TEST(Config, refuses_applications_that_contradict_or_do_not_fit) {
    const auto list = [](const std::vector<std::string>& names, bool vary) {
        std::string text = R"({"provider":"dummy","backend-config":{"applications":[)";
        for (std::size_t i = 0; i < names.size(); ++i) {
            text += std::string(i == 0 ? "" : ",") + R"({"name":")" + names[i] +
                    R"(","listen-port":443,"application-port":)" +
                    std::to_string(vary ? 8000 + 7 * i : 8080) +
                    R"(,"protocol":"http","domains":[")" + names[i] + R"(.example"]})";
        }
        return parse(text + "]}}");
    };
    EXPECT_EQ(refusal(list({"shop", "SHOP"}, true)),
              "scrimp.json: backend-config.applications[1].name: two applications of this list are "
              "named 'SHOP'; give each its own name");
    const auto twice = list({"shop", "shop"}, false);
    ASSERT_TRUE(twice) << twice.error().message;
    EXPECT_EQ(twice->applications.size(), 1u);
    EXPECT_TRUE(warns(*twice, "'shop' is listed twice"));
    std::vector<std::string> many;
    for (int i = 0; i < 100; ++i) many.push_back("app" + std::to_string(i * 7919 % 1000));
    const auto long_list = list(many, true);
    ASSERT_TRUE(long_list) << long_list.error().message;
    EXPECT_EQ(long_list->applications.size(), 100u);
    EXPECT_TRUE(warns(*long_list, "balancers of the original, which have none, see "));
    EXPECT_TRUE(warns(*long_list, " of 100, not app"));
    for (int i = 0; i < 1'000; ++i) many.push_back("more" + std::to_string(i));
    EXPECT_NE(refusal(list(many, true)).find("has 1100 applications, at most 1000 are allowed"),
              std::string::npos);
}

TEST(Config, warns_of_what_is_in_order_but_may_surprise) {
    const auto orphan = parse(R"({"lb":true,"bind-address":"10.0.0.1","backend-config":{},
                                  "load-balancer-config":{"generator":"nginx","jitter":"1s",
                                  "push-jitter":"9s"}})");
    ASSERT_TRUE(orphan) << orphan.error().message;
    EXPECT_TRUE(warns(*orphan, "may be orphaned"));
    EXPECT_TRUE(warns(*orphan, "backend-config is not used by a load balancer"));
    EXPECT_TRUE(warns(*orphan, "no generator-target"));
    EXPECT_TRUE(warns(*orphan, "'jitter' counts"));
    EXPECT_EQ(orphan->load_balancer_config.push_jitter, 1s);
    EXPECT_TRUE(warns(*backend_with(R"("load-balancer-config":{})"), "not used by a backend"));
}

}  // namespace
}  // namespace scrimp::app
