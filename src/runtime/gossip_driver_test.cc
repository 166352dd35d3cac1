#include "runtime/gossip_driver.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/buffer.hpp>

#include "base/machine.h"
#include "runtime/clock.h"
#include "runtime/loop_test.h"
#include "runtime/nonces.h"
#include "runtime/socket_address.h"

namespace scrimp::runtime {

namespace {

using namespace std::chrono_literals;
using boost::asio::ip::udp;

/// A member on real sockets, with what it was told.
class Real {
  public:
    Real(boost::asio::io_context& loop, const std::string& name, const char* bind,
         const char* reached_at = nullptr)
        : name_(name), driver_(GossipDriver::open(loop, *parse_ip(bind)).value()) {
        enter(reached_at != nullptr ? reached_at : bind);
    }

    /// As another node on the same sockets, reached at another address.
    void enter(const char* reached_at) {
        Endpoint self = *parse_ip(reached_at);
        self.port = driver_->bound().port;
        auto node = std::make_unique<swim::Node>(
            now(), swim::lan_profile(),
            swim::Identity{.name = name_, .advertised = self, .metadata = to_bytes("m:" + name_)},
            kernel_nonces(), kernel_seed());
        driver_->start(*node, [this](Instant, const swim::Action& action) { hear(action); });
        node_ = std::move(node);
        joined_.reset();
    }

    [[nodiscard]] Endpoint endpoint() const { return node_->self().profile->endpoint; }
    void join(const Real& seed) {
        const std::array seeds{seed.endpoint()};
        ASSERT_TRUE(driver_->join(seeds));
    }
    void leave() { driver_->leave(); }
    [[nodiscard]] GossipDriver& driver() { return *driver_; }
    [[nodiscard]] const std::string& heard() const { return heard_; }
    [[nodiscard]] bool sees(const std::string& name, swim::State state) const {
        const auto known = seen_.find(name);
        return known != seen_.end() && known->second == state;
    }
    [[nodiscard]] const std::optional<swim::JoinFinished>& joined() const { return joined_; }
    [[nodiscard]] bool left() const { return left_; }
    [[nodiscard]] const swim::Node& node() const { return *node_; }

  private:
    void hear(const swim::Action& action) {
        std::visit(
            Overloaded{[this](const swim::MemberEvent& event) {
                           seen_[event.member.profile->name] = event.member.state;
                       },
                       [this](const swim::JoinFinished& join) { joined_ = join; },
                       [this](const swim::LeaveFinished&) { left_ = true; },
                       [this](const swim::UserMessage& user) { heard_ = text_of(user.payload); },
                       [](const auto&) {}},
            action);
    }

    std::string name_;
    std::unique_ptr<swim::Node> node_;
    std::unique_ptr<GossipDriver> driver_;
    std::map<std::string, swim::State> seen_;
    std::optional<swim::JoinFinished> joined_;
    std::string heard_;
    bool left_ = false;
};

void meet(const char* bind_a, const char* bind_b, const char* at_a = nullptr,
          const char* at_b = nullptr) {
    boost::asio::io_context loop;
    const Real a(loop, "a", bind_a, at_a);
    Real b(loop, "b", bind_b, at_b);
    b.join(a);
    EXPECT_TRUE(run_until(
        loop, [&] { return a.sees("b", swim::State::Alive) && b.sees("a", swim::State::Alive); }));
    ASSERT_TRUE(run_until(loop, [&] { return b.joined().has_value(); }));
    EXPECT_EQ(b.joined()->reached, 1) << b.joined()->last_error;
    // Packets flow as well as streams, in both directions.
    const auto received = [](const Real& real) { return real.node().stats().packets_received; };
    EXPECT_TRUE(run_until(loop, [&] { return received(a) > 0 && received(b) > 0; }));
    b.leave();
    EXPECT_TRUE(run_until(loop, [&] { return b.left() && a.sees("b", swim::State::Left); }));
}

bool has_ipv6() {
    boost::asio::io_context loop;
    return GossipDriver::open(loop, *parse_ip("::1")).has_value();
}

}  // namespace

TEST(GossipDriver, brings_two_nodes_together_and_says_goodbye) {
    meet("127.0.0.1", "127.0.0.2");
}

TEST(GossipDriver, speaks_ipv6) {
    if (!has_ipv6()) GTEST_SKIP() << "this machine has no ::1";
    meet("::1", "::1");
}

TEST(GossipDriver, speaks_both_families_on_a_wildcard) {
    if (!has_ipv6()) GTEST_SKIP() << "this machine has no ::1";
    meet("::", "127.0.0.1", "127.0.0.1");
    meet("0.0.0.0", "::1", "::1");
    meet("0.0.0.0", "::", "127.0.0.1", "::1");
}

TEST(GossipDriver, serves_another_node_on_the_same_sockets) {
    boost::asio::io_context loop;
    const Real a(loop, "a", "127.0.0.1");
    Real b(loop, "b", "0.0.0.0", "127.0.0.2");
    b.join(a);
    ASSERT_TRUE(run_until(loop, [&] { return b.joined().has_value(); }));
    b.leave();
    ASSERT_TRUE(run_until(loop, [&] { return b.left() && a.sees("b", swim::State::Left); }));
    b.enter("127.0.0.3");
    b.join(a);
    ASSERT_TRUE(run_until(loop, [&] { return a.sees("b", swim::State::Alive); }));
    ASSERT_TRUE(run_until(loop, [&] { return b.joined().has_value(); }));
    EXPECT_EQ(b.joined()->reached, 1) << b.joined()->last_error;
    EXPECT_EQ(a.node().members().back().profile->endpoint, b.endpoint());
}

TEST(GossipDriver, cuts_the_streams_of_the_node_before) {
    boost::asio::io_context loop;
    Real a(loop, "a", "127.0.0.1");
    Real b(loop, "b", "127.0.0.2");
    b.join(a);  // Under way when the next node comes: nothing of it may reach that one.
    loop.poll_one();
    b.enter("127.0.0.2");
    b.join(a);
    ASSERT_TRUE(run_until(loop, [&] { return b.joined().has_value(); }));
    EXPECT_EQ(b.joined()->reached, 1) << b.joined()->last_error;
    EXPECT_TRUE(run_until(loop, [&] { return a.sees("b", swim::State::Alive); }));
}

TEST(GossipDriver, carries_user_messages_and_new_metadata) {
    boost::asio::io_context loop;
    const Real a(loop, "a", "127.0.0.1");
    Real b(loop, "b", "127.0.0.2");
    b.join(a);
    ASSERT_TRUE(run_until(loop, [&] { return b.sees("a", swim::State::Alive); }));
    ASSERT_TRUE(b.driver().send_reliable("a", to_bytes("reliable")));
    EXPECT_TRUE(run_until(loop, [&] { return a.heard() == "reliable"; }));
    ASSERT_TRUE(b.driver().broadcast(to_bytes("to all")));
    EXPECT_TRUE(run_until(loop, [&] { return a.heard() == "to all"; }));
    ASSERT_TRUE(b.driver().set_metadata(to_bytes("new")));
    EXPECT_TRUE(run_until(
        loop, [&] { return a.node().members().back().profile->metadata == to_bytes("new"); }));
    EXPECT_FALSE(b.driver().send_reliable("nobody", to_bytes("lost")));
}

TEST(GossipDriver, answers_where_nobody_listens_with_a_join_that_reached_none) {
    boost::asio::io_context loop;
    Real a(loop, "a", "127.0.0.1");
    std::optional<Real> gone(std::in_place, loop, "gone", "127.0.0.2");
    a.join(*gone);
    gone.reset();
    loop.poll();
    ASSERT_TRUE(run_until(loop, [&] { return a.joined().has_value(); }));
    EXPECT_EQ(a.joined()->reached, 0);
    EXPECT_FALSE(a.joined()->last_error.empty());
}

TEST(GossipDriver, names_the_address_that_is_taken) {
    boost::asio::io_context loop;
    const auto first = GossipDriver::open(loop, *parse_ip("127.0.0.1"));
    ASSERT_TRUE(first);
    const Endpoint taken = (*first)->bound();
    const auto second = GossipDriver::open(loop, taken);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message,
              "cannot listen for gossip on TCP " + taken.text() + ": Address already in use");
}

TEST(GossipDriver, survives_a_flood_of_nonsense) {
    boost::asio::io_context loop;
    const Real a(loop, "a", "127.0.0.1");
    udp::socket stranger(loop, udp::endpoint(udp::v4(), 0));
    const udp::endpoint target = socket_endpoint<udp>(a.endpoint(), false);
    for (int i = 0; i < 200; ++i) {
        stranger.send_to(boost::asio::buffer(std::string(static_cast<std::size_t>(i), '\x07')),
                         target);
    }
    EXPECT_TRUE(run_until(loop, [&] { return a.node().stats().packets_received == 200; }));
    EXPECT_EQ(a.node().alive_count(), 1U);
}

}  // namespace scrimp::runtime
