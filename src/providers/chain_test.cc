#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/scratch_directory_test.h"
#include "providers/providers.h"
#include "runtime/loop_test.h"

namespace scrimp::providers {
namespace {

using nlohmann::json;

const Endpoint self = *parse_endpoint("10.0.0.1:1");
const Endpoint other = *parse_endpoint("10.0.0.2:9999");

class Chain : public ::testing::Test {
  protected:
    [[nodiscard]] ProviderConfig file(const std::string& name) const {
        return {"file", {{"path", directory_ + "/" + name}}};
    }
    [[nodiscard]] ProviderConfig broken() const { return file("no-such-directory/seeds"); }
    [[nodiscard]] static ProviderConfig manual(const char* ip = "10.0.0.2") {
        return {"Manual", {{"ip", ip}}};
    }
    [[nodiscard]] bool has_content(const std::string& name) const {
        return std::filesystem::exists(directory_ + "/" + name);
    }

    std::unique_ptr<SeedStore> open(const std::vector<ProviderConfig>& providers) {
        return *open_chain(providers, loop_);
    }
    Result<std::vector<Endpoint>> fetch(SeedStore& store) {
        std::optional<Result<std::vector<Endpoint>>> answer;
        store.fetch([&](auto outcome) { answer = std::move(outcome); });
        runtime::run_until(loop_, [&] { return answer.has_value(); });
        return answer.value_or(fail("no answer"));
    }
    Result<void> publish(SeedStore& store) {
        std::optional<Result<void>> answer;
        store.publish(self, [&](auto outcome) { answer = std::move(outcome); });
        runtime::run_until(loop_, [&] { return answer.has_value(); });
        return answer.value_or(fail("no answer"));
    }

    ScratchDirectory scratch_;
    std::string directory_ = scratch_.path();
    boost::asio::io_context loop_;
};

TEST_F(Chain, fetches_from_the_first_that_knows_somebody) {
    const auto store = open({manual(), broken()});
    EXPECT_EQ(*fetch(*store), std::vector{other});
}

TEST_F(Chain, goes_on_when_one_fails_or_is_empty) {
    const auto store = open({broken(), file("empty"), {"dummy"}, manual()});
    EXPECT_EQ(*fetch(*store), std::vector{other});
}

TEST_F(Chain, goes_on_when_one_knows_only_us) {
    const auto store = open({file("ours"), manual()});
    ASSERT_TRUE(publish(*store));
    EXPECT_EQ(*fetch(*store), std::vector{other});
}

TEST_F(Chain, leads_on_when_it_is_asked_again_since_what_it_gave_led_nowhere) {
    const auto store = open({manual("10.0.0.9"), broken(), manual()});
    const std::vector dead{*parse_endpoint("10.0.0.9:9999")};
    EXPECT_EQ(*fetch(*store), dead);
    EXPECT_EQ(*fetch(*store), std::vector{other});
    EXPECT_EQ(*fetch(*store), dead) << "round and round: they may be back";
}

TEST_F(Chain, leads_on_past_a_store_that_has_only_expired_seeds) {
    std::ofstream(directory_ + "/dead")
        << R"({"seeds":[{"address":"10.0.0.9","port":"9999","published":1}]})";
    const auto store = open({file("dead"), manual()});
    EXPECT_EQ(*fetch(*store), std::vector{*parse_endpoint("10.0.0.9:9999")});
    EXPECT_EQ(*fetch(*store), std::vector{other});
}

TEST_F(Chain, comes_back_to_the_only_one_that_knows_somebody) {
    const auto store = open({broken(), manual(), file("empty")});
    for (int time = 0; time < 3; ++time) EXPECT_EQ(*fetch(*store), std::vector{other});
}

TEST_F(Chain, yields_ourselves_where_nobody_knows_more) {
    const auto store = open({file("ours"), {"dummy"}});
    EXPECT_TRUE(fetch(*store)->empty());
    ASSERT_TRUE(publish(*store));
    EXPECT_EQ(*fetch(*store), std::vector{self});
}

TEST_F(Chain, names_each_that_failed_when_none_knows_anybody) {
    const auto store = open({broken(), file("empty"), broken()});
    const std::string path = directory_ + "/no-such-directory/seeds: ";
    const std::string fault =
        "file: " + path + "there is no directory " + directory_ + "/no-such-directory";
    EXPECT_EQ(fetch(*store).error().message, fault + "; " + fault);
}

TEST_F(Chain, publishes_to_all_of_them) {
    const auto store = open({file("a"), manual(), file("b")});
    EXPECT_TRUE(store->publishes());
    EXPECT_TRUE(publish(*store));
    EXPECT_TRUE(has_content("a"));
    EXPECT_TRUE(has_content("b"));
}

TEST_F(Chain, publishes_to_the_others_when_one_fails_and_says_which) {
    const auto store = open({broken(), file("b")});
    const auto outcome = publish(*store);
    ASSERT_FALSE(outcome);
    EXPECT_TRUE(outcome.error().message.starts_with("file: " + directory_ + "/no-such-directory"));
    EXPECT_TRUE(has_content("b"));
    EXPECT_FALSE(publish(*store)) << "it can be asked again";
}

TEST_F(Chain, publishes_nowhere_if_none_of_them_does) {
    const auto store = open({manual(), {"dummy"}});
    EXPECT_FALSE(store->publishes());
    EXPECT_TRUE(publish(*store));
}

TEST_F(Chain, fetches_and_publishes_at_once) {
    const auto store = open({file("a"), file("b"), manual()});
    int answers = 0;
    store->publish(self, [&](const auto& outcome) { answers += outcome ? 1 : 0; });
    store->fetch([&](const auto& seeds) { answers += seeds ? 1 : 0; });
    runtime::run_until(loop_, [&] { return answers == 2; });
    EXPECT_EQ(answers, 2);
}

TEST_F(Chain, cannot_be_opened_if_one_cannot) {
    EXPECT_EQ(open_chain({manual(), {"manual"}}, loop_).error().message,
              "manual: ip: required, and missing");
    EXPECT_TRUE(open_chain({{"manul"}}, loop_).error().message.starts_with("'manul' is not a"));
}

TEST_F(Chain, answers_nobody_after_its_end) {
    bool answered = false;
    {
        const auto store = open({{"dummy"}, manual()});
        store->fetch([&](const auto&) { answered = true; });
        loop_.poll_one();
    }
    loop_.restart();
    loop_.run();
    EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace scrimp::providers
