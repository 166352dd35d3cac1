#include "app/severance.h"

#include <string>

#include <gtest/gtest.h>

#include "service/list_test.h"

namespace scrimp::app {
namespace {

using namespace std::chrono_literals;

/// A severance that writes down whom it severs.
class Severing : public testing::Test {
  protected:
    [[nodiscard]] static service::RoutingTable table(std::uint64_t revision,
                                                     const std::vector<Endpoint>& upstreams) {
        service::Route route{service::make_applications("shop", 1).front(), {}};
        for (const Endpoint& each : upstreams) route.upstreams.push_back({"b", each});
        return {.revision = revision, .routes = {route}};
    }
    /// The proxy gets the table, and serves it.
    void serve(std::uint64_t revision, const std::vector<Endpoint>& upstreams) {
        severance.handle_table(table(revision, upstreams));
        severance.handle_served(revision);
    }

    const Endpoint a = *parse_endpoint("10.0.0.1:80");
    const Endpoint b = *parse_endpoint("10.0.0.2:80");
    boost::asio::io_context loop;
    std::map<Endpoint, int> severed;
    Severance severance{loop, [this](const Endpoint& endpoint) -> Result<std::size_t> {
                            ++severed[endpoint];
                            return std::size_t{0};
                        }};
};

TEST_F(Severing, waits_until_the_proxy_serves_without_the_silent_one) {
    severance.handle_silent(a, 7);
    serve(7, {a, b});
    EXPECT_TRUE(severed.empty());
    serve(8, {b});
    EXPECT_EQ(severed[a], 1);
    loop.run_for(second_severance + 200ms);
    EXPECT_EQ(severed[a], 2);
    EXPECT_EQ(severed[b], 0);
}

TEST_F(Severing, spares_who_is_in_the_table_for_want_of_others) {
    severance.handle_silent(a, 7);
    serve(8, {a});
    // Handed over already and not served yet: the proxy still has the one before.
    severance.handle_table(table(9, {b}));
    severance.handle_served(8);
    EXPECT_TRUE(severed.empty());
    severance.handle_served(9);
    EXPECT_EQ(severed[a], 1);
}

TEST_F(Severing, forgets_who_is_back) {
    severance.handle_silent(a, 7);
    severance.handle_back(a);
    serve(8, {b});
    EXPECT_TRUE(severed.empty());
}

TEST_F(Severing, keeps_the_moment_of_a_second_time_whatever_is_served_meanwhile) {
    severance.handle_silent(a, 7);
    serve(8, {b});
    loop.run_for(second_severance * 3 / 5);
    severance.handle_silent(b, 8);
    serve(9, {});
    loop.restart();
    loop.run_for(second_severance * 3 / 5);
    EXPECT_EQ(severed[a], 2);
    EXPECT_EQ(severed[b], 1);
}

}  // namespace
}  // namespace scrimp::app
