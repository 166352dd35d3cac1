#include "app/check_nginx.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/nginx_shadow.h"
#include "base/scratch_directory_test.h"

namespace scrimp::app {
namespace {

namespace fs = std::filesystem;

const std::string bounded_lives = "worker_shutdown_timeout 60s; ";

/// A folder with a private nginx's main file, which includes what a test says.
class CheckNginx : public testing::Test {
  protected:
    void write(const std::string& name, const std::string& text) {
        fs::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name) << text;
    }
    std::string read(const fs::path& path) {
        std::ifstream in(path);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void write_main(const std::string& in_http) {
        const std::string f = folder_.string();
        write("nginx.conf", bounded_lives + "pid " + f +
                                "/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"
                                "client_body_temp_path " +
                                f + "/a; proxy_temp_path " + f + "/b; fastcgi_temp_path " + f +
                                "/c; uwsgi_temp_path " + f + "/d; scgi_temp_path " + f + "/e;\n" +
                                in_http + "\n}\n");
    }
    int check() {
        testing::internal::CaptureStderr();
        const int code = check_nginx({"--main", path("nginx.conf"), "--prefix", folder_.string(),
                                      path("conf.d/.lb.conf.candidate"), path("conf.d/lb.conf")});
        said_ = testing::internal::GetCapturedStderr();
        EXPECT_EQ(copies(), 0u) << "a copy was left behind";
        return code;
    }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::size_t copies() const {
        std::size_t count = 0;
        for (const auto& entry : fs::directory_iterator(folder_)) {
            if (entry.path().filename().string().starts_with(".scrimplb-check-")) ++count;
        }
        return count;
    }
    bool said(std::string_view part) const { return said_.find(part) != std::string::npos; }

    ScratchDirectory scratch_;
    fs::path folder_ = scratch_.path();
    std::string said_;
};

constexpr const char* good = "server { listen 127.0.0.1:1; return 204; }\n";
constexpr const char* bad = "server {\n nonsense on;\n}\n";

TEST_F(CheckNginx, accepts_a_good_candidate_for_a_target_that_does_not_exist_yet) {
    write_main("include conf.d/*.conf;");
    write("conf.d/.lb.conf.candidate", good);
    EXPECT_EQ(check(), 0) << said_;
    EXPECT_EQ(said_, "");
    EXPECT_FALSE(fs::exists(path("conf.d/lb.conf")));
}

TEST_F(CheckNginx, refuses_a_bad_candidate_by_its_name_and_line) {
    write_main("include conf.d/*.conf;");
    write("conf.d/lb.conf", good);
    write("conf.d/.lb.conf.candidate", bad);
    EXPECT_EQ(check(), 1);
    EXPECT_TRUE(said("unknown directive \"nonsense\" in " + path("conf.d/.lb.conf.candidate:2")))
        << said_;
    EXPECT_EQ(read(path("conf.d/lb.conf")), good);
}

TEST_F(CheckNginx, accepts_a_good_candidate_in_the_place_of_a_bad_target) {
    write_main("include conf.d/lb.conf;");
    write("conf.d/lb.conf", bad);
    write("conf.d/.lb.conf.candidate", good);
    EXPECT_EQ(check(), 0) << said_;
}

TEST_F(CheckNginx, judges_the_candidate_together_with_its_neighbours) {
    write_main("include conf.d/*.conf;\ninclude sites-enabled/*;");
    write("conf.d/.lb.conf.candidate", "server { listen 127.0.0.1:1 default_server; }");
    write("sites-available/default", "server { listen 127.0.0.1:1 default_server; }");
    fs::create_directories(folder_ / "sites-enabled");
    fs::create_symlink("../sites-available/default", folder_ / "sites-enabled/default");
    EXPECT_EQ(check(), 1);
    EXPECT_TRUE(
        said("a duplicate default server for 127.0.0.1:1 in " + path("sites-enabled/default:1")))
        << said_;
    EXPECT_TRUE(said("remove /etc/nginx/sites-enabled/default"));
}

TEST_F(CheckNginx, speaks_of_the_real_main_file) {
    write_main("include conf.d/*.conf;\nnonsense on;");
    write("conf.d/.lb.conf.candidate", good);
    EXPECT_EQ(check(), 1);
    EXPECT_TRUE(said("unknown directive \"nonsense\" in " + path("nginx.conf:8"))) << said_;
    EXPECT_FALSE(said(".scrimplb-check-"));
}

TEST_F(CheckNginx, says_what_to_add_when_nothing_includes_the_target) {
    write_main("include sites/*.conf;");
    write("conf.d/.lb.conf.candidate", good);
    EXPECT_EQ(check(), 1);
    EXPECT_TRUE(said("add 'include " + path("conf.d/lb.conf") + ";' to its http block")) << said_;
}

TEST_F(CheckNginx, follows_nested_includes_and_symbolic_links) {
    write_main("include 'nested/?.conf';");
    write("nested/a.conf", "include\n  conf.d/link.conf;\nnonsense on;\n");
    write("conf.d/.lb.conf.candidate", good);
    fs::create_symlink("lb.conf", folder_ / "conf.d/link.conf");
    EXPECT_EQ(check(), 1);
    EXPECT_TRUE(said("unknown directive \"nonsense\" in " + path("nested/a.conf:3"))) << said_;
    write("nested/a.conf", "include\n  conf.d/link.conf;\n");
    EXPECT_EQ(check(), 0) << said_;
}

TEST_F(CheckNginx, keeps_the_order_and_the_company_of_a_glob) {
    write_main("include conf.d/*.conf;");
    write("conf.d/a.conf", "map $host $a { default 1; }\n");
    write("conf.d/z.conf", "server { listen 127.0.0.1:1; return 200 $lb; }\n");
    write("conf.d/.lb.conf.candidate", "map $a $lb { default 1; }\n");
    EXPECT_EQ(check(), 0) << said_;
    NginxShadow shadow(path("nginx.conf"), path("conf.d/.lb.conf.candidate"),
                       path("conf.d/lb.conf"));
    const auto main = shadow.build();
    ASSERT_TRUE(main) << main.error().message;
    EXPECT_NE(read(*main).find("\ninclude \"" + path("conf.d/a.conf") + "\"; include \"" +
                               path("conf.d/.lb.conf.candidate") + "\"; include \"" +
                               path("conf.d/z.conf") + "\";\n"),
              std::string::npos)
        << read(*main);
}

TEST_F(CheckNginx, survives_files_that_include_themselves_or_do_not_exist) {
    write_main("include conf.d/*.conf;");
    write("conf.d/a.conf", "include nowhere.conf; include conf.d/a.conf;");
    write("conf.d/.lb.conf.candidate", good);
    NginxShadow shadow(path("nginx.conf"), path("conf.d/.lb.conf.candidate"),
                       path("conf.d/lb.conf"));
    EXPECT_TRUE(shadow.build());
}

TEST_F(CheckNginx, removes_the_copies_of_those_who_were_killed) {
    write_main("include conf.d/*.conf;");
    write("conf.d/.lb.conf.candidate", good);
    write(".scrimplb-check-999999999-0", "");  // Above any pid that Linux gives.
    EXPECT_EQ(check(), 0) << said_;
}

TEST_F(CheckNginx, refuses_a_port_that_another_program_holds) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(listen(listener, 1), 0);
    ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const std::string port = std::to_string(ntohs(address.sin_port));
    write_main("include conf.d/*.conf;");
    write("conf.d/.lb.conf.candidate", "server { listen " + port + "; }");
    EXPECT_EQ(check(), 1);
    EXPECT_TRUE(said("port " + port + " is taken by ")) << said_;
    EXPECT_TRUE(said("(process " + std::to_string(getpid()) + ")")) << said_;
    close(listener);
    EXPECT_EQ(check(), 0) << said_;
}

TEST_F(CheckNginx, tells_what_it_cannot_do) {
    EXPECT_EQ(check(), 1);
    EXPECT_TRUE(said("cannot read " + path("nginx.conf"))) << said_;
    write_main("include conf.d/*.conf;");
    write("conf.d/.lb.conf.candidate", good);
    testing::internal::CaptureStderr();
    EXPECT_EQ(check_nginx({"--nginx=/nowhere/nginx", "--main=" + path("nginx.conf"), path("c"),
                           path("conf.d/lb.conf")}),
              1);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("cannot run /nowhere/nginx"),
              std::string::npos);
}

TEST(CheckNginxArguments, are_two_paths_and_known_options) {
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {}, {"a"}, {"a", "b", "c"}, {"--what", "a", "b"}, {"a", "b", "--main"}}) {
        testing::internal::CaptureStderr();
        EXPECT_EQ(check_nginx(arguments), 2);
        EXPECT_NE(testing::internal::GetCapturedStderr().find("usage: scrimplb check-nginx"),
                  std::string::npos);
    }
}

TEST_F(CheckNginx, says_how_to_bound_the_lives_of_old_workers_unless_they_are) {
    write_main("include conf.d/*.conf;");
    write("nginx.conf", read(path("nginx.conf")).substr(bounded_lives.size()));
    write("conf.d/.lb.conf.candidate", "");
    EXPECT_EQ(check(), 0) << said_;
    EXPECT_TRUE(said("worker_shutdown_timeout 60s;")) << said_;
    write("modules/limits.conf", "worker_shutdown_timeout 5m;");
    write("nginx.conf", "include modules/*.conf;\n" + read(path("nginx.conf")));
    EXPECT_EQ(check(), 0) << said_;
    EXPECT_EQ(said_, "");
}

}  // namespace
}  // namespace scrimp::app
