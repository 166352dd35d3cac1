#include "app/live_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "app/keyring_file.h"
#include "base/scratch_directory_test.h"
#include "runtime/loop_test.h"

namespace scrimp::app {
namespace {

namespace fs = std::filesystem;

std::string application(const std::string& name, int port = 8080) {
    return R"({"name":")" + name + R"(","listen-port":"443","application-port":")" +
           std::to_string(port) + R"(","protocol":"http","domains":[")" + name + R"(.example"]})";
}

using Names = std::vector<std::string>;

class Live : public testing::Test {
  protected:
    void SetUp() override {
        fs::create_directory(root_ / "apps.d");
        put("apps.d/a.json", application("a"));
        put_main(application("main"));
    }
    void TearDown() override { runtime::set_log_level(LogLevel::Info); }

    void put(const fs::path& path, const std::string& text) const {
        std::ofstream(root_ / path) << text;
    }
    void put_main(const std::string& list, const std::string& directory = "apps.d",
                  const std::string& members = "") const {
        put("scrimp.json",
            R"({"provider":"dummy",)" + members + R"("backend-config":{"applications":[)" + list +
                R"(],"application-config-dir":")" + (root_ / directory).string() + R"("}})");
    }

    /// A backend whose gossip is sealed, with these settings beside the file.
    void put_sealed(const std::string& settings = "") const {
        put_main(
            application("main"), "apps.d",
            R"("gossip-config":{"keyring-file":")" + keyring().string() + "\"" + settings + "},");
    }
    [[nodiscard]] fs::path keyring() const { return root_ / "keys" / "keyring.json"; }
    /// One key for each letter, the first seals.
    void put_keys(std::string_view letters) const {
        fs::create_directory(root_ / "keys");
        wire::Keyring keys;
        for (const char letter : letters) {
            ASSERT_TRUE(keys.add(Bytes(16, static_cast<std::byte>(letter))));
        }
        ASSERT_TRUE(write_keyring(keyring(), keys));
    }
    /// Longer than a watch waits for quiet.
    void run_for_a_moment() {
        loop_.restart();
        loop_.run_for(3 * runtime::WatchTimes{}.quiet);
    }
    [[nodiscard]] const wire::Envelope& envelope() const { return live_->config().gossip.envelope; }

    void start() {
        const auto config = load_config(root_ / "scrimp.json");
        ASSERT_TRUE(config) << config.error().message;
        live_ = std::make_unique<LiveConfig>(loop_, *config, [this](const Config& now) {
            ++changes_;
            EXPECT_EQ(&now, &live_->config());
        });
    }

    [[nodiscard]] Names names() const {
        Names all;
        for (const service::Application& each : live_->config().applications) {
            all.push_back(each.name.text());
        }
        std::ranges::sort(all);
        return all;
    }

    bool become(const Names& wanted) {
        return runtime::run_until(loop_, [&] { return names() == wanted; });
    }

    /// The log of what happens in `act`.
    template <class Act>
    std::string log_of(Act act) {
        testing::internal::CaptureStderr();
        act();
        return testing::internal::GetCapturedStderr();
    }

    ScratchDirectory scratch_;
    fs::path root_ = scratch_.path();
    boost::asio::io_context loop_;
    std::unique_ptr<LiveConfig> live_;
    int changes_ = 0;
};

TEST_F(Live, follows_the_directory_by_itself) {
    start();
    EXPECT_EQ(names(), (Names{"a", "main"}));
    put("apps.d/b.json", "[" + application("b") + "," + application("c") + "]");
    EXPECT_TRUE(become({"a", "b", "c", "main"}));
    fs::remove(root_ / "apps.d" / "a.json");
    EXPECT_TRUE(become({"b", "c", "main"}));
    EXPECT_EQ(changes_, 2);
}

TEST_F(Live, sees_what_changed_before_it_began_to_watch) {
    const auto config = load_config(root_ / "scrimp.json");
    put("apps.d/b.json", application("b"));
    live_ = std::make_unique<LiveConfig>(loop_, *config, [](const Config&) {});
    EXPECT_TRUE(become({"a", "b", "main"}));
}

TEST_F(Live, tells_of_no_restart_where_it_refuses_a_main_file) {
    start();
    put_main(application("other"), "no-such-directory", R"("port":9998,)");
    const std::string log = log_of([&] { live_->reload(); });
    EXPECT_EQ(log.find("needs a restart"), std::string::npos) << log;
}

TEST_F(Live, reads_the_main_file_again_when_told) {
    start();
    put_main(application("other"), "apps.d", R"("log-level":"error","port":9998,)");
    const std::string log = log_of([&] { live_->reload(); });
    EXPECT_EQ(names(), (Names{"a", "other"}));
    EXPECT_EQ(live_->config().log_level, LogLevel::Error);
    EXPECT_EQ(live_->config().bind.port, 9999);
    EXPECT_EQ(changes_, 1);
    EXPECT_NE(log.find("configuration: needs a restart to change: port\n"), std::string::npos)
        << log;
    EXPECT_NE(log.find("configuration: 2 applications now; added other; removed main\n"),
              std::string::npos)
        << log;
    live_->reload();
    EXPECT_EQ(changes_, 1);
}

TEST_F(Live, follows_a_check_that_changes) {
    start();
    std::string checked = application("a");
    checked.back() = ',';
    put("apps.d/a.json", checked + R"("health-check":{"fall":5}})");
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return live_->config().checks.contains("a"); }));
    EXPECT_EQ(changes_, 1);
    EXPECT_EQ(live_->config().checks.at("a").fall, 5);
    const std::string log = log_of([&] {
        put("apps.d/a.json", checked + R"("health-check":{"fall":0}})");
        run_for_a_moment();
    });
    EXPECT_TRUE(log.find("health-check.fall: must be a whole number from 1 to 10; its version "
                         "before stays in force") != std::string::npos);
    EXPECT_EQ(live_->config().checks.at("a").fall, 5);
}

TEST_F(Live, changes_nothing_if_the_main_file_has_a_mistake) {
    start();
    put("apps.d/b.json", application("b"));
    put_main(application("other"), "apps.d", R"("prot":1,"log-level":"error",)");
    const std::string log = log_of([&] { live_->reload(); });
    EXPECT_EQ(names(), (Names{"a", "main"}));
    EXPECT_EQ(live_->config().log_level, LogLevel::Info);
    EXPECT_NE(log.find("scrimp.json: prot: unknown key; did you mean 'port'?"), std::string::npos)
        << log;
    EXPECT_EQ(
        live_->faults(),
        Names{"the configuration as it stands is refused, the one before stays in force: " +
              (root_ / "scrimp.json").string() + ": prot: unknown key; did you mean 'port'?"});
    fs::remove(root_ / "scrimp.json");
    live_->reload();
    put("scrimp.json", R"({"lb":true,"provider":"dummy","resolver":"dummy"})");
    live_->reload();
    EXPECT_EQ(names(), (Names{"a", "main"}));
    EXPECT_EQ(changes_, 0);
    EXPECT_TRUE(become({"a", "b", "main"})) << "the directory is in order";
    EXPECT_EQ(live_->faults().size(), 1U);
    put_main(application("main"));
    live_->reload();
    EXPECT_EQ(live_->faults(), Names{});
}

TEST_F(Live, names_a_bad_file_once_and_keeps_its_last_good_version) {
    start();
    put("apps.d/a.json", "{");
    const std::string log = log_of([&] { live_->reload(); });
    EXPECT_EQ(names(), (Names{"a", "main"}));
    EXPECT_NE(log.find("a.json: line 1, column 2: "), std::string::npos) << log;
    EXPECT_NE(log.find("; its version before stays in force\n"), std::string::npos) << log;
    EXPECT_EQ(log_of([&] { live_->reload(); }).find("a.json"), std::string::npos);
    ASSERT_EQ(live_->faults().size(), 1U);
    EXPECT_NE(live_->faults().front().find("a.json: line 1"), std::string::npos);
}

TEST_F(Live, may_lose_its_last_application_with_a_warning) {
    start();
    put_main("");
    fs::remove(root_ / "apps.d" / "a.json");
    const std::string log = log_of([&] { live_->reload(); });
    EXPECT_EQ(names(), Names{});
    EXPECT_EQ(changes_, 1);
    EXPECT_NE(log.find("announces no application any more"), std::string::npos) << log;
}

TEST_F(Live, takes_a_missing_directory_for_no_empty_one) {
    start();
    fs::rename(root_ / "apps.d", root_ / "gone");
    put_main(application("other"));
    live_->reload();
    EXPECT_EQ(names(), (Names{"a", "other"}));
    ASSERT_EQ(live_->faults().size(), 1U);
    EXPECT_TRUE(live_->faults().front().ends_with("; what was read from it before stays in force"));
    fs::create_directory(root_ / "apps.d");
    EXPECT_TRUE(become({"other"}));
    EXPECT_EQ(live_->faults(), Names{});
}

TEST_F(Live, turns_to_another_directory_and_not_to_one_that_is_missing) {
    start();
    put_main(application("main"), "elsewhere");
    live_->reload();
    EXPECT_EQ(names(), (Names{"a", "main"}));
    fs::create_directory(root_ / "elsewhere");
    put("elsewhere/b.json", application("b"));
    live_->reload();
    EXPECT_EQ(names(), (Names{"b", "main"}));
    put("elsewhere/c.json", application("c"));
    EXPECT_TRUE(become({"b", "c", "main"}));
}

TEST_F(Live, leaves_everything_as_it_was_if_a_node_cannot_announce_so_much) {
    start();
    std::string list = application("n0");
    for (int i = 1; i < 1000; ++i) list += "," + application("n" + std::to_string(i));
    put("apps.d/many.json", "[" + list + "]");
    const std::string log = log_of([&] { live_->reload(); });
    EXPECT_EQ(names(), (Names{"a", "main"}));
    EXPECT_NE(log.find("1002 applications, at most 1000 are allowed"), std::string::npos) << log;
    EXPECT_NE(live_->faults().front().find("at most 1000 are allowed"), std::string::npos);
}

TEST_F(Live, takes_the_supported_types_of_a_balancer) {
    const auto put_balancer = [this](const std::string& members) {
        put("scrimp.json", R"({"lb":true,"provider":"dummy","resolver":"dummy",
                               "load-balancer-config":{"http-port":8080)" +
                               members + "}}");
    };
    put_balancer("");
    start();
    put_balancer(R"(,"supported-listen-ports":["443","8000-8999"],"push-period":"5s")");
    const std::string log = log_of([&] { live_->reload(); });
    EXPECT_EQ(live_->config().load_balancer_config.support.listen_ports.size(), 2u);
    EXPECT_EQ(changes_, 1);
    EXPECT_NE(log.find("to change: load-balancer-config.push-period\n"), std::string::npos) << log;
}

TEST_F(Live, follows_the_keyring_file_by_itself) {
    put_keys("a");
    put_sealed();
    start();
    put_keys("ab");
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return envelope().keys.size() == 2; }));
    EXPECT_EQ(changes_, 1);
    put("keys/other", "no news");
    put_keys("ba");
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return changes_ == 2; }));
    EXPECT_EQ(envelope().keys.fingerprints().front(),
              wire::fingerprint_of(Bytes(16, std::byte{'b'})));
}

TEST_F(Live, keeps_the_keys_it_has_while_their_file_has_a_fault) {
    put_keys("a");
    put_sealed();
    start();
    const std::string log = log_of([&] {
        put("keys/keyring.json", "[\"secret");
        run_for_a_moment();
        fs::remove(keyring());
        run_for_a_moment();
    });
    EXPECT_EQ(envelope().keys.size(), 1u);
    EXPECT_EQ(changes_, 0);
    EXPECT_NE(log.find("must hold a JSON list of keys"), std::string::npos) << log;
    EXPECT_NE(log.find("there is no such file"), std::string::npos) << log;
    EXPECT_EQ(log.find("secret"), std::string::npos) << log;
    ASSERT_EQ(live_->faults().size(), 1U);
    EXPECT_TRUE(live_->faults().front().ends_with("; the keys before stay in force"));
    put_keys("ab");
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return envelope().keys.size() == 2; }));
}

TEST_F(Live, turns_encryption_on_when_told) {
    start();
    EXPECT_TRUE(envelope().keys.empty());
    put_keys("a");
    put_sealed(R"(,"verify-incoming":false,"verify-outgoing":false)");
    const std::string log = log_of([&] { live_->reload(); });
    EXPECT_NE(log.find("configuration: gossip is not sealed yet, plaintext accepted, 1 key: "),
              std::string::npos)
        << log;
    EXPECT_EQ(log.find("needs a restart"), std::string::npos) << log;
    put_sealed();
    live_->reload();
    EXPECT_TRUE(envelope().verify_incoming && envelope().verify_outgoing);
    EXPECT_EQ(changes_, 2);
    put_keys("ab");
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return envelope().keys.size() == 2; }));
}

TEST_F(Live, tells_of_timers_and_label_that_a_restart_changes) {
    start();
    put_main(application("main"), "apps.d", R"("gossip-config":{"label":"x","gossip-nodes":2},)");
    const std::string log = log_of([&] { live_->reload(); });
    EXPECT_NE(log.find("needs a restart to change: gossip-config"), std::string::npos) << log;
    EXPECT_TRUE(envelope().label.empty());
}

TEST_F(Live, is_quiet_once_it_is_stopped) {
    start();
    live_->stop();
    put_main(application("other"));
    live_->reload();
    EXPECT_EQ(names(), (Names{"a", "main"}));
}

}  // namespace
}  // namespace scrimp::app
