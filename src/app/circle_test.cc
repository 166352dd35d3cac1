#include "app/circle.h"

#include <gtest/gtest.h>

namespace scrimp::app {

using service::Role;
using swim::Change;

TEST(Circle, leaves_a_balancer_lonely_only_while_nobody_is_there) {
    Circle circle(true);
    EXPECT_TRUE(circle.lonely());
    circle.handle_event(Change::Joined, "b1", Role::Backend);
    EXPECT_FALSE(circle.lonely());
    circle.handle_event(Change::Suspected, "b1", Role::Backend);
    EXPECT_FALSE(circle.lonely());
    circle.handle_event(Change::Failed, "b1", Role::Backend);
    EXPECT_TRUE(circle.lonely());
}

TEST(Circle, leaves_a_backend_lonely_without_a_balancer) {
    Circle circle(false);
    circle.handle_event(Change::Joined, "b1", Role::Backend);
    circle.handle_event(Change::Joined, "x", Role::Unknown);
    EXPECT_TRUE(circle.lonely());
    circle.handle_event(Change::Joined, "lb", Role::LoadBalancer);
    EXPECT_FALSE(circle.lonely());
    circle.handle_event(Change::Left, "lb", Role::LoadBalancer);
    EXPECT_TRUE(circle.lonely());
}

TEST(Circle, follows_a_member_that_changes_its_role) {
    Circle circle(false);
    circle.handle_event(Change::Joined, "x", Role::LoadBalancer);
    circle.handle_event(Change::Updated, "x", Role::Backend);
    EXPECT_TRUE(circle.lonely());
    circle.handle_event(Change::Updated, "x", Role::LoadBalancer);
    circle.handle_event(Change::Recovered, "x", Role::LoadBalancer);
    EXPECT_FALSE(circle.lonely());
    circle.handle_event(Change::Failed, "x", Role::LoadBalancer);
    circle.handle_event(Change::Failed, "x", Role::LoadBalancer);
    EXPECT_TRUE(circle.lonely());
}

}  // namespace scrimp::app
