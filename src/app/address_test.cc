#include "app/address.h"

#include <gtest/gtest.h>

namespace scrimp::app {

TEST(OwnAddress, is_what_the_operator_says_before_anything_else) {
    Config config;
    config.bind = *parse_ip("127.0.0.5", 9999);
    config.advertise = *parse_ip("203.0.113.9");
    EXPECT_EQ(stated_address(config, 4321)->endpoint.text(), "203.0.113.9:4321");
    config.advertise->port = 1234;
    EXPECT_EQ(stated_address(config, 4321)->endpoint.text(), "203.0.113.9:1234");
}

TEST(OwnAddress, is_the_bind_address_if_that_names_one) {
    Config config;
    config.bind = *parse_ip("::1");
    const auto own = stated_address(config, 4321);
    ASSERT_TRUE(own);
    EXPECT_EQ(own->endpoint.text(), "[::1]:4321");
    EXPECT_EQ(own->origin, "bind-address");
    config.bind = *parse_ip("0.0.0.0");
    EXPECT_FALSE(stated_address(config, 4321));
}

TEST(OwnAddress, is_found_among_the_interfaces_or_doubtful) {
    const Result<OwnAddress> own = interface_address(4321);
    ASSERT_TRUE(own);
    EXPECT_EQ(own->endpoint.port, 4321);
    EXPECT_FALSE(own->endpoint.is_unspecified());
    EXPECT_EQ(own->doubtful, own->endpoint.is_loopback());
}

}  // namespace scrimp::app
