#include "app/backend.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/scratch_directory_test.h"
#include "runtime/loop_test.h"
#include "service/list_test.h"

namespace scrimp::app {
namespace {

using service::Availability;

service::Application application(const std::string& name) {
    return {.name = *service::Name::parse(name),
            .listen_port = 443,
            .application_port = 8080,
            .protocol = service::Protocol::Http,
            .domains = {*service::Domain::parse(name + ".example")}};
}

class BackendTest : public testing::Test {
  protected:
    BackendTest() {
        config_.node_name = "b1";
        config_.state_dir = scratch_.path();
        config_.applications = {application("blog"), application("shop")};
        restart();
    }
    void restart() {
        backend_ = std::make_unique<Backend>(
            loop_, config_,
            Backend::Ways{
                .announce = [this] { announce(); },
                .send = [this](const auto& member, ByteView) { asked_.push_back(member); }});
        announce();
    }
    void announce() {
        ++announced_;
        const auto metadata = service::encode_metadata(service::Role::Backend, config_.applications,
                                                       {.conditions = backend_->conditions()});
        metadata_ = metadata->bytes;
        backend_->handle_announced(metadata_);
    }
    void meet_balancer(const std::string& name = "lb1", bool acknowledges = true) {
        const Bytes metadata = service::encode_metadata(service::Role::LoadBalancer, {},
                                                        {.acknowledges = acknowledges})
                                   ->bytes;
        backend_->handle_event(service::event_of(swim::Change::Joined, name, "10.0.0.1", metadata));
    }
    void answer() {
        backend_->handle_answer({"lb1", "b1", service::digest_of(text_of(metadata_))});
    }
    /// "shop draining", of all that are not healthy.
    [[nodiscard]] std::vector<std::string> states() const {
        std::vector<std::string> states;
        for (const service::NamedCondition& each : backend_->conditions()) {
            states.push_back(each.application.text() + " " +
                             std::string(service::name_of(each.condition.state)));
        }
        return states;
    }
    void drain(const std::optional<std::string>& which) {
        backend_->drain(
            which, [this](bool safe, const std::string& s) { done_ = {safe, s}; },
            [this](const std::string& sentence) { progress_.push_back(sentence); });
    }

    ScratchDirectory scratch_;
    boost::asio::io_context loop_;
    Config config_;
    std::unique_ptr<Backend> backend_;
    Bytes metadata_;
    int announced_ = 0;
    std::vector<std::string> asked_;
    std::optional<std::pair<bool, std::string>> done_;
    std::vector<std::string> progress_;
};

using States = std::vector<std::string>;

TEST_F(BackendTest, is_known_at_once_where_nothing_is_checked) {
    bool known = false;
    backend_->begin(Endpoint{}, [&] { known = true; });
    EXPECT_TRUE(known);
    EXPECT_EQ(states(), States{});
}

TEST_F(BackendTest, is_known_when_each_check_has_answered) {
    config_.checks["shop"] = {.kind = service::CheckKind::Exec, .command = {"true"}};
    restart();
    EXPECT_EQ(states(), States{"shop initial"});
    bool known = false;
    backend_->begin(Endpoint{}, [&] { known = true; });
    EXPECT_FALSE(known);
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return known; }));
    EXPECT_EQ(states(), States{});
}

TEST_F(BackendTest, announces_first_and_asks_then_when_it_drains) {
    meet_balancer();
    const int before = announced_;
    drain("shop");
    EXPECT_EQ(announced_, before + 1);
    EXPECT_EQ(states(), States{"shop draining"});
    EXPECT_EQ(asked_, States{"lb1"});
    EXPECT_EQ(progress_, States{"waiting for lb1"});
    EXPECT_FALSE(done_);
    answer();
    ASSERT_TRUE(done_);
    EXPECT_EQ(*done_, std::pair(true, std::string("safe to stop 'shop'; acknowledged by lb1")));
    ASSERT_TRUE(backend_->resume("shop"));
    EXPECT_EQ(states(), States{});
}

TEST_F(BackendTest, says_whom_it_waits_for_and_how) {
    meet_balancer();
    meet_balancer("go1", false);
    meet_balancer("go2", false);
    drain("shop");
    answer();
    EXPECT_EQ(progress_,
              (States{"waiting for lb1; giving 5 s to go1, go2, which cannot acknowledge",
                      "giving 5 s to go1, go2, which cannot acknowledge; acknowledged by lb1"}));
}

TEST_F(BackendTest, says_that_a_drain_is_not_safe_which_is_taken_back) {
    meet_balancer();
    drain("shop");
    ASSERT_TRUE(backend_->resume("shop"));
    ASSERT_TRUE(done_);
    EXPECT_EQ(*done_,
              std::pair(false, std::string("'shop' is not safe to stop: taken back by 'ready'")));
    done_.reset();
    answer();
    EXPECT_FALSE(done_);
}

TEST_F(BackendTest, ends_a_drain_whose_application_is_no_longer_configured) {
    meet_balancer();
    drain("shop");
    config_.applications = {application("blog")};
    backend_->apply(config_);
    ASSERT_TRUE(done_);
    EXPECT_FALSE(done_->first);
}

TEST_F(BackendTest, takes_nothing_back_once_it_stops_nor_one_of_all) {
    meet_balancer();
    drain(std::nullopt);
    const auto one = backend_->resume("shop");
    ASSERT_FALSE(one);
    EXPECT_EQ(one.error().message,
              "'shop' drains with every other: 'scrimplb ready' without a name takes that back");
    EXPECT_FALSE(done_);
    backend_->begin_to_stop();
    const auto all = backend_->resume(std::nullopt);
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().message, "this backend is about to exit: nothing is taken back any more");
    EXPECT_EQ(states(), (States{"blog draining", "shop draining"}));
}

TEST_F(BackendTest, announces_a_drain_that_nobody_waits_for_and_keeps_a_place_for_its_end) {
    meet_balancer();
    for (std::size_t i = 1; i < service::farewells_max; ++i) drain("shop");
    EXPECT_FALSE(done_);
    drain("blog");
    ASSERT_TRUE(done_);
    EXPECT_FALSE(done_->first);
    EXPECT_EQ(states(), (States{"blog draining", "shop draining"}));
    done_.reset();
    backend_->begin_to_stop();
    drain(std::nullopt);
    EXPECT_FALSE(done_);
    answer();
    ASSERT_TRUE(done_);
    EXPECT_TRUE(done_->first);
    EXPECT_FALSE(backend_->withdraw("x"));
    EXPECT_TRUE(backend_->withdraw("shop"));
}

TEST_F(BackendTest, does_not_call_it_safe_before_it_has_met_a_balancer) {
    config_.drain.wait = Duration::zero();
    restart();
    drain(std::nullopt);
    EXPECT_EQ(progress_, States{"no balancer is known: giving 0 ms to any not met yet"});
    ASSERT_TRUE(done_);
    EXPECT_EQ(*done_, std::pair(false, std::string("every application drains, but no balancer is "
                                                   "known, nor was met in 0 ms: whether any sends "
                                                   "requests cannot be told")));
}

TEST_F(BackendTest, is_safe_at_once_where_it_is_alone_by_design) {
    config_.state_dir.clear();
    restart();
    drain(std::nullopt);
    ASSERT_TRUE(done_);
    EXPECT_EQ(*done_, std::pair(true, std::string("safe to stop every application; there is no "
                                                  "balancer")));
}

TEST_F(BackendTest, names_who_was_not_heard_of_in_time) {
    config_.drain.timeout = Duration::zero();
    restart();
    meet_balancer();
    drain(std::nullopt);
    ASSERT_TRUE(done_);
    EXPECT_FALSE(done_->first);
    EXPECT_EQ(done_->second,
              "every application may still be sent requests by lb1, unheard of in time");
}

TEST_F(BackendTest, knows_its_applications) {
    drain("shopp");
    ASSERT_TRUE(done_);
    EXPECT_EQ(*done_,
              std::pair(false, std::string("this backend serves no application 'shopp'; did you "
                                           "mean 'shop'?")));
    EXPECT_FALSE(backend_->resume("x"));
    EXPECT_FALSE(backend_->set_maintenance(true, "x", ""));
}

TEST_F(BackendTest, keeps_maintenance_across_a_restart_and_takes_it_back) {
    EXPECT_EQ(*backend_->set_maintenance(true, "shop", "n\xc3\xa4xt"),
              "maintenance of 'shop' is on");
    restart();
    ASSERT_EQ(states(), States{"shop maintenance"});
    EXPECT_EQ(backend_->conditions().front().condition.reason, "Target.Maintenance: n\\xc3\\xa4xt");
    // Even if the application is gone meanwhile.
    config_.applications = {application("blog")};
    backend_->apply(config_);
    EXPECT_EQ(states(), States{});
    EXPECT_TRUE(backend_->set_maintenance(false, "shop", ""));
    config_.applications.push_back(application("shop"));
    restart();
    EXPECT_EQ(states(), States{});
}

TEST_F(BackendTest, refuses_more_maintenance_than_a_restart_would_read) {
    Maintenance gone;
    for (std::size_t i = 0; i < maintenance_max; ++i) gone["gone-" + std::to_string(i)] = "";
    ASSERT_TRUE(MaintenanceFile(config_.state_dir, config_.node_name).save(gone));
    restart();
    const auto refused = backend_->set_maintenance(true, "shop", "");
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.starts_with("maintenance is on for 1001 names already"));
    EXPECT_EQ(states(), States{});
    EXPECT_TRUE(backend_->set_maintenance(true, "gone-7", "still"));
    EXPECT_TRUE(backend_->set_maintenance(false, "gone-7", ""));
    EXPECT_TRUE(backend_->set_maintenance(true, "shop", ""));
    restart();
    EXPECT_EQ(states(), States{"shop maintenance"});
}

TEST_F(BackendTest, says_that_maintenance_cannot_be_kept) {
    config_.state_dir = scratch_.path() / "none";
    restart();
    const auto said = backend_->set_maintenance(true, std::nullopt, "");
    ASSERT_FALSE(said);
    EXPECT_TRUE(said.error().message.starts_with(
        "maintenance of every application is on until a restart, which will not know of it: "));
    EXPECT_EQ(states(), (States{"blog maintenance", "shop maintenance"}));
}

}  // namespace
}  // namespace scrimp::app
