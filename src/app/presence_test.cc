#include "app/presence.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "runtime/loop_test.h"

namespace scrimp::app {

namespace {

using service::Remembered;

std::vector<service::Application> applications(std::size_t count) {
    std::vector<service::Application> made;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string name = "app-" + std::to_string(i);
        made.push_back({.name = service::Name::parse(name).value(),
                        .listen_port = 443,
                        .application_port = 8080,
                        .protocol = service::Protocol::Http,
                        .domains = {*service::Domain::parse(name + ".test")}});
    }
    return made;
}

/// A node's presence on real sockets, with what it was told.
class Node {
  public:
    Node(boost::asio::io_context& loop, const std::string& name, bool load_balancer,
         std::size_t served, const char* address, std::vector<Remembered> known = {})
        : loop_(loop) {
        config_.node_name = name;
        config_.load_balancer = load_balancer;
        config_.applications = applications(served);
        gossip_ = runtime::GossipDriver::open(loop, *parse_ip("0.0.0.0")).value();
        enter(address, std::move(known));
    }

    void enter(const char* address, std::vector<Remembered> known) {
        Endpoint self = *parse_ip(address);
        self.port = gossip_->bound().port;
        const OwnAnnouncement own = make_announcement(config_, {}).value();
        const std::uint32_t incarnation = presence_ ? presence_->incarnation() : 0;
        const auto before =
            std::exchange(presence_, std::make_unique<Presence>(loop_, config_, *gossip_, self, own,
                                                                std::move(known), incarnation,
                                                                budget_, listeners()));
        presence_->begin();
        endpoint_ = self;
    }
    void join(const Node& other) { ASSERT_TRUE(gossip_->join(std::array{other.endpoint_})); }
    void serve(std::size_t count) {
        config_.applications = applications(count);
        presence_->announce(make_announcement(config_, {}).value());
    }
    [[nodiscard]] Presence& presence() { return *presence_; }

    std::vector<service::ListLearned> learned;
    int joined = 0;
    int left = 0;
    int told = 0;  ///< Member events.

  private:
    Listeners listeners() {
        return {.member = [this](const swim::MemberEvent&) { ++told; },
                .learned = [this](const service::ListLearned& list) { learned.push_back(list); },
                .farewell = [](const service::FarewellMessage&) {},
                .joined = [this](const swim::JoinFinished& join) { joined += join.reached; },
                .left = [this] { ++left; }};
    }

    boost::asio::io_context& loop_;
    Config config_;
    runtime::LineBudget budget_;
    std::unique_ptr<runtime::GossipDriver> gossip_;
    std::unique_ptr<Presence> presence_;
    Endpoint endpoint_;
};

}  // namespace

TEST(Presence, of_a_balancer_learns_a_list_that_metadata_has_no_room_for_and_remembers_it) {
    boost::asio::io_context loop;
    Node balancer(loop, "lb", true, 0, "127.0.0.1");
    Node backend(loop, "b", false, 100, "127.0.0.2");
    backend.join(balancer);
    ASSERT_TRUE(runtime::run_until(loop, [&] { return balancer.learned.size() == 1; }));
    EXPECT_EQ(balancer.learned[0].member, "b");
    EXPECT_EQ(*balancer.learned[0].text, service::render_list(applications(100)));
    const auto remembered = balancer.presence().members_to_remember();
    ASSERT_EQ(remembered.size(), 1U);
    ASSERT_TRUE(remembered[0].list_text);
    EXPECT_EQ(*remembered[0].list_text, *balancer.learned[0].text);

    backend.serve(120);
    ASSERT_TRUE(runtime::run_until(loop, [&] { return balancer.learned.size() == 2; }));
    EXPECT_EQ(*balancer.learned[1].text, service::render_list(applications(120)));
}

TEST(Presence, ends_aloud_and_begins_again_under_another_address) {
    boost::asio::io_context loop;
    Node balancer(loop, "lb", true, 0, "127.0.0.1");
    Node backend(loop, "b", false, 100, "127.0.0.2");
    balancer.join(backend);
    ASSERT_TRUE(runtime::run_until(
        loop, [&] { return balancer.learned.size() == 1 && !backend.presence().lonely(); }));
    const auto known = balancer.presence().members_to_remember();
    balancer.presence().leave();
    const int told = balancer.told;
    ASSERT_TRUE(runtime::run_until(
        loop, [&] { return balancer.left == 1 && backend.presence().lonely(); }));
    EXPECT_EQ(balancer.told, told) << "who leaves is told nothing more";

    balancer.enter("127.0.0.3", known);
    EXPECT_TRUE(balancer.presence().lonely());
    EXPECT_EQ(balancer.presence().members_to_remember().size(), 1U) << "until somebody is heard";
    balancer.join(backend);
    ASSERT_TRUE(runtime::run_until(
        loop, [&] { return balancer.learned.size() == 2 && !backend.presence().lonely(); }));
    EXPECT_EQ(backend.presence().members_to_remember().front().endpoint.ip_text(), "127.0.0.3");
    EXPECT_EQ(balancer.presence().members_to_remember().size(), 1U);
}

}  // namespace scrimp::app
