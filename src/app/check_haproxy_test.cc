#include "app/check_haproxy.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/scratch_directory_test.h"
#include "proxy/haproxy.h"

namespace scrimp::app {
namespace {

namespace fs = std::filesystem;

/// A folder with a certificate that nothing reads and a main file of the operator's.
class CheckHaproxy : public testing::Test {
  protected:
    CheckHaproxy() { write("haproxy.cfg", "global\n    hard-stop-after 60s\n"); }

    std::string path(const std::string& name) const { return (scratch_.path() / name).string(); }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name)) << text;
    }
    /// The candidate as rendered, on plain ports and without the TLS of a certificate.
    void write_rendered(const service::RoutingTable& table = {}) const {
        const auto rendered = proxy::render_haproxy(table, {.tls_chain_path = "/no/chain.pem",
                                                            .tls_key_path = "/no/chain.pem.key",
                                                            .http_port = 1,
                                                            .https_port = 2,
                                                            .ipv6 = false,
                                                            .backend_ca_path = "@system-ca",
                                                            .target_path = path("lb.cfg")});
        ASSERT_TRUE(rendered);
        std::string text = rendered->text;
        const auto tls = text.find("\nfrontend scrimp_2 ");
        text.erase(tls, text.find("\n\n", tls) - tls);
        write(".lb.cfg.candidate", text);
    }
    int check() {
        testing::internal::CaptureStderr();
        const int code = check_haproxy(
            {"--main", path("haproxy.cfg"), path(".lb.cfg.candidate"), path("lb.cfg")});
        said_ = testing::internal::GetCapturedStderr();
        EXPECT_FALSE(fs::exists(path(".lb.cfg.candidate.check"))) << "a copy was left behind";
        return code;
    }
    bool said(const std::string& part) const { return said_.find(part) != std::string::npos; }

    ScratchDirectory scratch_;
    std::string said_;
};

TEST_F(CheckHaproxy, accepts_a_text_that_is_its_own_map_before_its_target_exists) {
    write_rendered();
    EXPECT_EQ(check(), 0) << said_;
    EXPECT_EQ(said_, "");
    EXPECT_FALSE(fs::exists(path("lb.cfg")));
}

TEST_F(CheckHaproxy, accepts_whatever_an_application_can_ask) {
    using service::Options;
    using service::Protocol;
    service::RoutingTable table;
    const auto add = [&table](Protocol protocol, std::uint16_t port, const Options& options) {
        const std::string name = "a" + std::to_string(table.routes.size());
        table.routes.push_back(
            {.application = {.name = *service::Name::parse(name),
                             .listen_port = port,
                             .application_port = 80,
                             .protocol = protocol,
                             .domains = {*service::Domain::parse(name + ".example"),
                                         *service::Domain::parse("www." + name + ".example")},
                             .options = service::SharedOptions(options)},
             .upstreams = {
                 {.member_name = "b", .endpoint = *parse_endpoint("10.0.0.1:80"), .weight = 256}}});
    };
    const std::vector<Network> networks(100, *parse_network("10.0.0.0/8"));
    add(Protocol::Http, 1,
        {.balance = service::Balance::RandomTwo,
         .sticky_cookie = "stick",
         .paths = {"/a/b", "/c/"},
         .body_limit_bytes = 1 << 30,
         .connect_timeout = std::chrono::seconds{1},
         .read_timeout = std::chrono::hours{2},
         .proxy_protocol = true,
         .allow = networks,
         .deny = networks,
         .basic_auth = {{"joe", "$6$salt$hash"}},
         .www = service::Www::Remove,
         .redirects = {{.from = "/it's", .to = "/100%", .status = 308}},
         .request_headers = {{"X-A", "b; c=1, (d)"}, {"X-B", ""}},
         .response_headers = {{"X-A", "b # c"}, {"X-Frame-Options", ""}},
         .compression = false,
         .hsts = false,
         .security_headers = false});
    add(Protocol::Http, 1,
        {.balance = service::Balance::LeastConnections, .www = service::Www::Add});
    add(Protocol::Https, 1, {.balance = service::Balance::IpHash, .verify_backend = true});
    add(Protocol::Grpc, 1, {.sticky_cookie = "stick"});
    add(Protocol::Grpcs, 1, {.verify_backend = true, .proxy_protocol = true});
    add(Protocol::Tcp, 3, {.read_timeout = std::chrono::seconds{5}, .deny = networks});
    write_rendered(table);
    EXPECT_EQ(check(), 0) << said_;
    EXPECT_EQ(said_, "");
}

TEST_F(CheckHaproxy, refuses_a_bad_candidate_by_its_name_and_line) {
    write(".lb.cfg.candidate", "\nfrontend a\n    nonsense on\n");
    EXPECT_EQ(check(), 1);
    EXPECT_TRUE(said(path(".lb.cfg.candidate") + ":3]")) << said_;
    EXPECT_FALSE(said("NOTICE")) << said_;
}

TEST_F(CheckHaproxy, refuses_what_only_the_operators_configuration_makes_wrong) {
    write("haproxy.cfg", "frontend scrimp_1\n    mode http\n    bind 127.0.0.1:1\n");
    write_rendered();
    EXPECT_EQ(check(), 1);
    EXPECT_TRUE(said("scrimp_1")) << said_;
}

TEST_F(CheckHaproxy, says_where_the_life_of_old_processes_has_no_bound) {
    write("haproxy.cfg", "global\n    maxconn 10\n");
    write_rendered();
    EXPECT_EQ(check(), 0);
    EXPECT_TRUE(said("hard-stop-after 60s")) << said_;
}

TEST_F(CheckHaproxy, says_what_it_lacks) {
    EXPECT_EQ(check(), 1);
    EXPECT_TRUE(said("cannot read")) << said_;
    EXPECT_EQ(check_haproxy({"--nginx", "x"}), 2);
    write_rendered();
    EXPECT_EQ(
        check_haproxy({"--haproxy", "/no/haproxy", path(".lb.cfg.candidate"), path("lb.cfg")}), 1);
}

}  // namespace
}  // namespace scrimp::app
