#include "app/whereabouts.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "runtime/loop_test.h"

namespace scrimp::app {

namespace {

using namespace std::chrono_literals;

/// Answers on the loop with what the test says, and counts how often it was asked.
class Oracle final : public providers::AddressSource {
  public:
    struct Script {
        Result<Endpoint> answer = *parse_ip("10.0.0.1");
        int asked = 0;
        bool is_busy = false;
    };

    Oracle(boost::asio::io_context& loop, Script& script) : loop_(loop), script_(script) {}

    void resolve(Resolved done) override {
        EXPECT_FALSE(std::exchange(script_.is_busy, true)) << "one question at a time";
        ++script_.asked;
        boost::asio::post(loop_, [this, done = std::move(done)] {
            script_.is_busy = false;
            done(script_.answer);
        });
    }

  private:
    boost::asio::io_context& loop_;
    Script& script_;
};

class Whereabout : public ::testing::Test {
  protected:
    Whereabout() {
        config_.bind = *parse_ip("0.0.0.0");
        config_.resolver = "oracle";
    }

    /// With times so short that no test waits long for them.
    void open(bool with_source = true, Duration confirm = 10ms) {
        std::unique_ptr<Oracle> source;
        if (with_source) source = std::make_unique<Oracle>(loop_, script_);
        whereabouts_ = std::make_unique<Whereabouts>(
            loop_, config_, std::move(source),
            LookTimes{.retry = 5ms, .confirm = confirm, .watch = 5ms});
        whereabouts_->find(4321, [this](const OwnAddress& own) {
            ++told_;
            address_ = own.endpoint.text();
            origin_ = own.origin;
        });
    }
    bool until_asked(int more) {
        return runtime::run_until(loop_, [this, enough = script_.asked + more] {
            return script_.asked >= enough && !script_.is_busy;
        });
    }
    bool until_told(int times) {
        return runtime::run_until(loop_, [this, times] { return told_ >= times; });
    }
    std::string look() {
        std::string found;
        whereabouts_->look([&](const Endpoint& self) { found = self.text(); });
        EXPECT_TRUE(runtime::run_until(loop_, [&] { return !found.empty(); }));
        return found;
    }

    boost::asio::io_context loop_;
    Oracle::Script script_;
    Config config_;
    std::unique_ptr<Whereabouts> whereabouts_;
    int told_ = 0;
    std::string address_;
    std::string origin_;
};

}  // namespace

TEST_F(Whereabout, are_what_the_operator_says_and_nobody_is_asked) {
    config_.advertise = *parse_ip("203.0.113.9");
    open();
    EXPECT_EQ(address_, "203.0.113.9:4321");
    EXPECT_EQ(look(), "203.0.113.9:4321");
    loop_.run_for(30ms);
    EXPECT_EQ(script_.asked, 0);
}

TEST_F(Whereabout, are_an_interface_without_a_resolver) {
    open(false);
    ASSERT_TRUE(until_told(1));
    EXPECT_TRUE(address_.ends_with(":4321")) << address_;
    EXPECT_EQ(look(), address_);
}

TEST_F(Whereabout, are_what_the_resolver_answers_sooner_or_later) {
    script_.answer = fail("no metadata service");
    open();
    ASSERT_TRUE(until_asked(3));
    EXPECT_EQ(told_, 0);
    script_.answer = *parse_ip("10.0.0.1");
    ASSERT_TRUE(until_told(1));
    EXPECT_EQ(address_, "10.0.0.1:4321");
    EXPECT_EQ(origin_, "resolver oracle");
}

TEST_F(Whereabout, change_when_two_looks_in_a_row_say_so) {
    open();
    ASSERT_TRUE(until_told(1));
    script_.answer = *parse_ip("10.0.0.2");
    ASSERT_TRUE(until_told(2));
    EXPECT_EQ(address_, "10.0.0.2:4321");
    EXPECT_EQ(look(), "10.0.0.2:4321");
    ASSERT_TRUE(until_asked(3));
    EXPECT_EQ(told_, 2);
}

TEST_F(Whereabout, are_not_confirmed_by_publications_that_follow_the_first_sight_at_once) {
    open(true, 10s);
    ASSERT_TRUE(until_told(1));
    script_.answer = *parse_ip("10.0.0.2");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(look(), "10.0.0.1:4321");
    EXPECT_EQ(told_, 1);
}

TEST_F(Whereabout, do_not_change_for_a_stutter) {
    open();
    ASSERT_TRUE(until_told(1));
    for (const char* stutter : {"10.0.0.2", "10.0.0.1", "10.0.0.3", "10.0.0.2", "10.0.0.1"}) {
        script_.answer = *parse_ip(stutter);
        EXPECT_EQ(look(), "10.0.0.1:4321") << "nothing unconfirmed is published";
    }
    script_.answer = fail("down");
    EXPECT_EQ(look(), "10.0.0.1:4321") << "what was known last is as good";
    ASSERT_TRUE(until_asked(3));
    EXPECT_EQ(told_, 1);
}

TEST_F(Whereabout, of_a_node_bound_to_one_address_are_published_as_the_resolver_says) {
    config_.bind = *parse_ip("10.9.9.9");
    open();
    EXPECT_EQ(address_, "10.9.9.9:4321");
    EXPECT_EQ(look(), "10.0.0.1:4321");
    script_.answer = fail("down");
    EXPECT_EQ(look(), "10.0.0.1:4321");
    EXPECT_EQ(told_, 1);
}

TEST_F(Whereabout, are_told_no_more_after_the_end) {
    open();
    whereabouts_->stop();
    loop_.run_for(20ms);
    EXPECT_EQ(told_, 0);
}

TEST_F(Whereabout, need_a_resolver_that_exists_and_is_well_configured) {
    config_.path = "scrimp.json";
    config_.resolver = "no-such";
    auto opened = Whereabouts::open(loop_, config_);
    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().message.starts_with("scrimp.json: resolver: "));
    config_.resolver = "static";
    opened = Whereabouts::open(loop_, config_);
    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().message.starts_with("scrimp.json: resolver-config: "));
}

}  // namespace scrimp::app
