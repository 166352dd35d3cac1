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
    /// The candidate as rendered, on one plain port and without the TLS of a certificate.
    void write_rendered() const {
        const auto rendered = proxy::render_haproxy({}, {.tls_chain_path = "/no/chain.pem",
                                                         .tls_key_path = "/no/chain.pem.key",
                                                         .http_port = 1,
                                                         .https_port = 2,
                                                         .ipv6 = false,
                                                         .target_path = path("lb.cfg")});
        ASSERT_TRUE(rendered);
        const std::string& text = rendered->text;
        write(".lb.cfg.candidate", text.substr(0, text.find("\nfrontend scrimp_2 ")));
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
