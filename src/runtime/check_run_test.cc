#include "runtime/check_run.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <optional>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "runtime/health_driver.h"
#include "runtime/loop_test.h"
#include "runtime/socket_address.h"

namespace scrimp::runtime {
namespace {

using boost::asio::ip::tcp;
using service::Check;
using service::CheckKind;
using service::CheckOutcome;
using std::chrono::milliseconds;

/// An application that says one thing to whoever speaks, and then hangs up.
class Application {
  public:
    Application(boost::asio::io_context& loop, std::string says)
        : acceptor_(loop, {boost::asio::ip::address_v4::loopback(), 0}), says_(std::move(says)) {
        accept();
    }
    [[nodiscard]] Endpoint endpoint() const {
        const auto local = acceptor_.local_endpoint();
        return endpoint_of(local.address(), local.port());
    }
    void close() { acceptor_.close(); }

    std::string heard;

  private:
    void accept() {
        acceptor_.async_accept([this](const auto& error, tcp::socket socket) {
            if (error) return;
            peer_.emplace(std::move(socket));
            peer_->async_read_some(
                boost::asio::buffer(chunk_), [this](const auto& failed, std::size_t bytes) {
                    if (failed) return;
                    heard.assign(chunk_.data(), bytes);
                    if (says_.empty()) return;
                    boost::system::error_code ignored;
                    boost::asio::write(*peer_, boost::asio::buffer(says_), ignored);
                    peer_.reset();
                });
            accept();
        });
    }

    tcp::acceptor acceptor_;
    std::string says_;
    std::optional<tcp::socket> peer_;
    std::array<char, 2048> chunk_{};
};

struct CheckRuns : testing::Test {
    CheckOutcome outcome(const Check& check, const Endpoint& to = Endpoint{}) {
        std::optional<CheckOutcome> outcome;
        const CheckRun run(loop, check, to, [&](const CheckOutcome& told) { outcome = told; });
        EXPECT_TRUE(run_until(loop, [&] { return outcome.has_value(); }));
        return outcome.value_or(CheckOutcome{});
    }
    boost::asio::io_context loop;
};

TEST_F(CheckRuns, tell_who_accepts_from_who_refuses) {
    Application application(loop, "");
    const Endpoint there = application.endpoint();
    EXPECT_TRUE(outcome(Check{}, there).well);
    application.close();
    EXPECT_EQ(outcome(Check{}, there).reason, "Target.ConnectionRefused");
}

TEST_F(CheckRuns, read_the_status_of_http) {
    const Check check{.kind = CheckKind::Http, .path = "/up"};
    Application well(loop, "HTTP/1.1 204 Fine\r\n\r\n");
    EXPECT_TRUE(outcome(check, well.endpoint()).well);
    EXPECT_TRUE(well.heard.starts_with("GET /up HTTP/1.1\r\n"));
    Application broken(loop, "HTTP/1.1 500 Oh\r\n\r\n");
    EXPECT_EQ(outcome(check, broken.endpoint()).reason, "Target.ResponseCodeMismatch: 500");
    Application short_spoken(loop, "HTTP");
    EXPECT_EQ(outcome(check, short_spoken.endpoint()).reason,
              "Target.ResponseCodeMismatch: the connection ended without an answer");
}

TEST_F(CheckRuns, wait_no_longer_than_they_may) {
    Application silent(loop, "");
    const Check check{.kind = CheckKind::Grpc, .timeout = milliseconds{20}};
    EXPECT_EQ(outcome(check, silent.endpoint()).reason, "Target.Timeout");
    EXPECT_TRUE(silent.heard.starts_with("PRI * HTTP/2.0"));
    const Check command{
        .kind = CheckKind::Exec, .command = {"sleep", "60"}, .timeout = milliseconds{20}};
    EXPECT_EQ(outcome(command).reason, "Target.Timeout");
}

TEST_F(CheckRuns, believe_the_status_of_a_command_and_tell_nothing_of_what_it_says) {
    EXPECT_TRUE(outcome({.kind = CheckKind::Exec, .command = {"true"}}).well);
    EXPECT_EQ(outcome({.kind = CheckKind::Exec, .command = {"sh", "-c", "echo x; exit 3"}}).reason,
              "Target.CommandFailed: failed with status 3");
    EXPECT_EQ(outcome({.kind = CheckKind::Exec, .command = {"/no/such"}}).reason,
              "Target.CommandFailed: cannot run '/no/such': No such file or directory");
}

TEST_F(CheckRuns, tell_nothing_of_an_application_if_we_have_no_descriptors) {
    Application application(loop, "");
    // The loop's own are there already; then nobody gets a further one.
    const CheckOutcome well = outcome(Check{}, application.endpoint());
    ASSERT_TRUE(well.well);
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    const CheckOutcome tcp = outcome(Check{}, application.endpoint());
    const CheckOutcome exec = outcome({.kind = CheckKind::Exec, .command = {"true"}});
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(tcp.hindered);
    EXPECT_EQ(tcp.reason, "Too many open files");
    EXPECT_TRUE(exec.hindered);
    EXPECT_EQ(exec.reason, "cannot run 'true': Too many open files");
}

TEST_F(CheckRuns, are_silent_once_they_are_gone) {
    Application application(loop, "");
    for (const Check& check :
         {Check{}, Check{.kind = CheckKind::Exec, .command = {"sleep", "60"}}}) {
        CheckRun(loop, check, application.endpoint(), [](const auto&) { ADD_FAILURE(); });
    }
    loop.run_for(milliseconds{20});
}

TEST_F(CheckRuns, keep_a_health_machine_informed) {
    Application application(loop, "");
    service::Health health(Instant{}, 1);
    int changes = 0;
    HealthDriver driver(loop, health, [&](const auto&) { ++changes; });
    driver.set_address(application.endpoint());
    const Check check{.port = application.endpoint().port, .interval = milliseconds{100}};
    driver.call([&](Instant now, service::Health& machine) {
        machine.set_subjects(now, {{"shop", check}});
        machine.begin(now);
    });
    EXPECT_EQ(health.conditions().size(), 1U);
    EXPECT_TRUE(run_until(loop, [&] { return health.conditions().empty(); }));
    application.close();
    EXPECT_TRUE(run_until(loop, [&] { return !health.conditions().empty(); }));
    EXPECT_EQ(health.conditions().at("shop").reason, "Target.ConnectionRefused");
    EXPECT_EQ(changes, 2);
}

}  // namespace
}  // namespace scrimp::runtime
