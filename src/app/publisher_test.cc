#include "app/publisher.h"

#include <gtest/gtest.h>

#include "runtime/clock.h"

namespace scrimp::app {

namespace {

/// Fails as long as it is told to.
class Store final : public providers::SeedStore {
  public:
    void fetch(Fetched done) override { done({}); }
    void publish(const Endpoint&, Published done) override {
        done(reason.empty() ? Result<void>() : fail(reason));
    }
    [[nodiscard]] bool publishes() const override { return true; }

    std::string reason;
};

}  // namespace

TEST(Publisher, passes_the_outcome_on_and_shows_it) {
    Store store;
    Publisher publisher(store);
    const Endpoint self = *parse_endpoint("10.0.0.1:9999");
    std::vector<bool> outcomes;
    const auto publish = [&] {
        publisher.publish(self,
                          [&](const Result<void>& outcome) { outcomes.push_back(!!outcome); });
    };
    EXPECT_EQ(publisher.status(runtime::now()), "");
    store.reason = "no such bucket";
    publish();
    EXPECT_TRUE(publisher.status(runtime::now()).starts_with("publishing fails since "));
    EXPECT_TRUE(publisher.status(runtime::now()).ends_with(": no such bucket"));
    store.reason.clear();
    publish();
    EXPECT_TRUE(publisher.status(runtime::now()).starts_with("seeds published "));
    EXPECT_EQ(outcomes, (std::vector<bool>{false, true}));
}

}  // namespace scrimp::app
