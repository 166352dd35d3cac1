#include "app/balancer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/scratch_directory_test.h"
#include "runtime/clock.h"
#include "runtime/files.h"
#include "runtime/loop_test.h"
#include "service/metadata.h"

namespace scrimp::app {

namespace {

using service::Remembered;

/// A balancer with the dummy generator and a target in a directory of its own.
class FirstTable : public ::testing::Test {
  protected:
    void SetUp() override {
        config_.load_balancer = true;
        config_.load_balancer_config.generator_target = directory_ + "/target";
    }

    void open(const std::optional<std::vector<Remembered>>& remembered) {
        balancer_ = Balancer::open(loop_, config_, remembered, budget_).value();
    }
    void put(const std::string& text) {
        ASSERT_TRUE(runtime::write_file(config_.load_balancer_config.generator_target, text));
    }
    [[nodiscard]] std::string target() const {
        return runtime::read_file(config_.load_balancer_config.generator_target, 1 << 20)
            .value()
            .value_or("(missing)");
    }

    boost::asio::io_context loop_;
    ScratchDirectory scratch_;
    std::string directory_ = scratch_.path();
    Config config_;
    runtime::LineBudget budget_;
    std::unique_ptr<Balancer> balancer_;
};

}  // namespace

TEST_F(FirstTable, is_written_at_once_where_there_is_no_target) {
    open(std::nullopt);
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return target() != "(missing)"; }));
}

TEST_F(FirstTable, leaves_a_running_configuration_alone_until_somebody_is_met) {
    put("running");
    open(std::nullopt);
    loop_.run_for(std::chrono::milliseconds{50});
    EXPECT_EQ(target(), "running");
    const Instant met = runtime::now();
    balancer_->handle_met();
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return target() != "running"; }));
    EXPECT_GE(runtime::now() - met, first_table_settle);
}

TEST_F(FirstTable, does_not_put_an_old_memory_in_the_place_of_what_runs) {
    put("running");
    open(std::vector<Remembered>{});
    loop_.run_for(std::chrono::milliseconds{50});
    EXPECT_EQ(target(), "running");
    const Instant met = runtime::now();
    balancer_->handle_met();
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return target() != "running"; }));
    EXPECT_GE(runtime::now() - met, remembered_table_settle);
}

TEST_F(FirstTable, is_what_was_remembered_where_there_is_no_target) {
    open(std::vector<Remembered>{});
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return target() != "(missing)"; }));
}

TEST_F(FirstTable, leaves_out_an_application_that_wants_the_port_of_gossip) {
    const auto backend_on = [](const std::string& name, std::uint16_t port) {
        const service::Application application{
            .name = service::Name::parse(name).value(),
            .listen_port = port,
            .application_port = 8080,
            .protocol = service::Protocol::Http,
            .domains = {*service::Domain::parse(name + ".test")}};
        return Remembered{"b-" + name, parse_endpoint("10.0.0.7:9999").value(),
                          service::encode_metadata(service::Role::Backend, std::vector{application})
                              .value()
                              .bytes};
    };
    config_.bind.port = 9999;
    config_.load_balancer_config.generator = "nginx";
    config_.load_balancer_config.check_command = proxy::Command{};
    config_.load_balancer_config.reload_command = proxy::Command{};
    open(std::vector{backend_on("fine", 443), backend_on("greedy", 9999)});
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return target() != "(missing)"; }));
    EXPECT_NE(target().find("fine.test"), std::string::npos);
    EXPECT_EQ(target().find("greedy.test"), std::string::npos);
}

TEST_F(FirstTable, is_not_said_to_be_served_while_a_generation_is_pinned) {
    config_.state_dir = directory_;
    open(std::nullopt);
    ASSERT_TRUE(runtime::run_until(loop_, [&] { return balancer_->served().has_value(); }));
    ASSERT_FALSE(balancer_->history().generations().empty());
    ASSERT_TRUE(balancer_->pin(balancer_->history().generations().front().name));
    EXPECT_FALSE(balancer_->served());
    loop_.run_for(std::chrono::milliseconds{50});
    EXPECT_FALSE(balancer_->served());
    ASSERT_TRUE(balancer_->unpin());
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return balancer_->served().has_value(); }));
}

TEST_F(FirstTable, is_rolled_out_with_a_fault_that_status_tells_when_a_pinned_generation_is_lost) {
    config_.state_dir = directory_;
    open(std::nullopt);
    ASSERT_TRUE(runtime::run_until(loop_, [&] { return balancer_->served().has_value(); }));
    const std::string name = balancer_->history().generations().front().name;
    ASSERT_TRUE(balancer_->pin(name));
    balancer_.reset();
    std::filesystem::remove(directory_ + "/history/" + name + ".conf");
    open(std::nullopt);
    ASSERT_EQ(balancer_->faults().size(), 1U);
    EXPECT_NE(balancer_->faults().front().find(name + " is lost"), std::string::npos);
    ASSERT_TRUE(balancer_->unpin());
    EXPECT_TRUE(balancer_->faults().empty());
}

TEST_F(FirstTable, needs_a_target_that_can_be_read) {
    std::filesystem::create_directory(config_.load_balancer_config.generator_target);
    const auto opened = Balancer::open(loop_, config_, std::nullopt, budget_);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("generator-target"), std::string::npos);
}

TEST_F(FirstTable, does_not_keep_a_stopping_balancer) {
    open(std::nullopt);
    bool stopped = false;
    balancer_->stop([&] { stopped = true; });
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return stopped; }));
}

}  // namespace scrimp::app
