#include "service/observations.h"

#include <gtest/gtest.h>

#include "service/list_test.h"

namespace scrimp::service {
namespace {

using namespace std::chrono_literals;

const Endpoint place = *parse_endpoint("10.0.0.1:8080");

struct Watching : testing::Test {
    void fail(const std::string& member, int times = 1) {
        for (int i = 0; i < times; ++i) observations.note_failed(now, member);
    }
    [[nodiscard]] bool is_damped(const std::string& member) const {
        return observations.look(now, member, "shop", place).damped_until > now;
    }

    Instant now{1h};
    Observations observations{RotationConfig{}};
};

TEST_F(Watching, a_flood_of_names_that_come_and_go_displaces_only_each_other) {
    fail("b1", 4);
    for (int i = 0; i < 10'000; ++i) {
        const std::string name = "forged-" + std::to_string(i);
        fail(name, 4);
        observations.note_gone(name);
    }
    EXPECT_LE(observations.size(), 4096U);
    EXPECT_TRUE(is_damped("b1"));
    fail("b2", 4);
    EXPECT_TRUE(is_damped("b2"));
    EXPECT_TRUE(observations.note_unavailable(now, "b3", place, reason::timeout, ""));
}

TEST_F(Watching, a_member_that_wanders_from_port_to_port_pays_for_the_last) {
    Endpoint at = place;
    for (std::uint16_t port = 1; port <= 3000; ++port) {
        at.port = port;
        for (int i = 0; i < 4; ++i) {
            (void)observations.note_unavailable(now, "b1", at, reason::timeout, "");
            observations.drop_findings("b1");
        }
    }
    EXPECT_GT(observations.look(now, "b1", "shop", at).damped_until, now);
    at.port = 1;
    EXPECT_LE(observations.look(now, "b1", "shop", at).damped_until, now);
}

TEST_F(Watching, a_refusal_that_nobody_minds_costs_nothing) {
    for (int i = 0; i < 4; ++i) {
        EXPECT_TRUE(observations.note_unavailable(now, "b1", place, reason::refused, "", false));
        observations.drop_findings("b1");
    }
    EXPECT_FALSE(is_damped("b1"));
}

TEST_F(Watching, forgets_applications_that_are_announced_no_more) {
    const auto change = [&](const std::string& application) {
        observations.note_change(now, "b1", application, Availability::Maintenance,
                                 Availability::Healthy);
    };
    const auto changed = [&](const std::string& application) {
        return observations.look(now, "b1", application, place).changed_at != Instant::min();
    };
    Announcement announcement;
    announcement.applications = make_applications("shop", 1);
    const std::string kept = announcement.applications.front().name.text();
    change(kept);
    change("gone");
    observations.prune(now, [&](const std::string&) { return &announcement; });
    EXPECT_TRUE(changed(kept));
    EXPECT_FALSE(changed("gone"));
    for (int i = 0; i < 2000; ++i) change("name" + std::to_string(i));
    EXPECT_TRUE(changed("name1999"));
}

}  // namespace
}  // namespace scrimp::service
