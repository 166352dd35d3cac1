#include "providers/helper.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/scratch_directory_test.h"
#include "runtime/loop_test.h"

namespace scrimp::providers {
namespace {

using namespace std::chrono_literals;

/// A helper that is a shell script of the test's own.
class HelperTest : public ::testing::Test {
  protected:
    [[nodiscard]] std::string path(const char* name) const { return directory_ + "/" + name; }
    [[nodiscard]] std::string content(const char* name) const {
        std::ostringstream text;
        text << std::ifstream(path(name)).rdbuf();
        return text.str();
    }
    /// Writes the script; it runs in the directory.
    [[nodiscard]] HelperSpec script(const std::string& body) const {
        std::ofstream(path("helper")) << "#!/bin/sh\ncd " << directory_ << "\n" << body;
        ::chmod(path("helper").c_str(), 0700);
        return {.name = "exec",
                .argv = {path("helper")},
                .config = {{"secret", "hunter2"}},
                .timeout = 10s};
    }

    Result<std::vector<Endpoint>> fetch(SeedStore& store) {
        std::optional<Result<std::vector<Endpoint>>> answer;
        store.fetch([&](auto outcome) { answer = std::move(outcome); });
        EXPECT_FALSE(answer) << "answers come later, on the loop";
        runtime::run_until(loop_, [&] { return answer.has_value(); });
        return answer.value_or(fail("no answer"));
    }
    Result<void> publish(SeedStore& store, const Endpoint& self) {
        std::optional<Result<void>> answer;
        store.publish(self, [&](auto outcome) { answer = std::move(outcome); });
        runtime::run_until(loop_, [&] { return answer.has_value(); });
        return answer.value_or(fail("no answer"));
    }
    /// What is wrong with a fetch by that script.
    std::string complaint(HelperSpec spec) {
        const auto store = make_helper_store(std::move(spec), loop_);
        const auto seeds = fetch(*store);
        const std::string said = seeds ? "none" : seeds.error().message;
        EXPECT_EQ(said.find("hunter2"), std::string::npos);
        EXPECT_EQ(said.find('\n'), std::string::npos);
        return said;
    }
    std::string complaint(const std::string& body) { return complaint(script(body)); }
    [[nodiscard]] std::string who() const { return "'" + path("helper") + "' "; }

    ScratchDirectory scratch_;
    std::string directory_ = scratch_.path();
    boost::asio::io_context loop_;
};

const Endpoint one = *parse_endpoint("10.0.0.1:9999");
const Endpoint self = *parse_endpoint("[fd00::7]:80");

TEST_F(HelperTest, is_asked_and_answers) {
    const auto store = make_helper_store(script(R"(cat > asked
echo '{"version":1,"seeds":[{"address":"10.0.0.1","port":"9999"}]}')"),
                                         loop_);
    EXPECT_EQ(*fetch(*store), std::vector{one});
    EXPECT_EQ(content("asked"),
              R"({"action":"fetch","config":{"secret":"hunter2"},"name":"exec","state":{},)"
              "\"version\":1}\n");
}

TEST_F(HelperTest, is_told_our_address_to_publish) {
    const auto store = make_helper_store(script("cat > asked; echo '{\"version\":1}'"), loop_);
    EXPECT_TRUE(publish(*store, self));
    EXPECT_NE(content("asked").find(R"("self":{"address":"[fd00::7]","port":"80"})"),
              std::string::npos);
    EXPECT_NE(content("asked").find(R"("action":"publish")"), std::string::npos);
}

TEST_F(HelperTest, gets_back_the_state_it_answered_last_unless_it_failed) {
    const auto store = make_helper_store(script(R"(cat >> asked
if [ -e broken ]; then exit 1; fi
echo '{"version":1,"seeds":[],"state":{"etag":"abc"}}')"),
                                         loop_);
    EXPECT_TRUE(fetch(*store));
    std::ofstream(path("broken")) << "";
    EXPECT_FALSE(fetch(*store));
    std::filesystem::remove(path("broken"));
    std::filesystem::remove(path("asked"));
    EXPECT_TRUE(fetch(*store));
    EXPECT_NE(content("asked").find(R"("state":{"etag":"abc"})"), std::string::npos);
}

TEST_F(HelperTest, may_be_asked_to_fetch_and_to_publish_at_once) {
    const auto store = make_helper_store(script(R"sh(
case "$(cat)" in
*'"fetch"'*) echo '{"version":1,"seeds":[]}';;
*) echo '{"version":1}';;
esac)sh"),
                                         loop_);
    int answers = 0;
    const auto count = [&](const auto& outcome) {
        EXPECT_TRUE(outcome) << outcome.error().message;
        ++answers;
    };
    store->fetch(count);
    store->publish(self, count);
    runtime::run_until(loop_, [&] { return answers == 2; });
    EXPECT_EQ(answers, 2);
}

TEST_F(HelperTest, keeps_a_state_for_each_action) {
    const auto store = make_helper_store(script(R"sh(
request=$(cat)
echo "$request" >> asked
case "$request" in
*'"fetch"'*) echo '{"version":1,"seeds":[],"state":{"fetched":true}}';;
*) echo '{"version":1,"state":{"lease":"7"}}';;
esac)sh"),
                                         loop_);
    EXPECT_TRUE(publish(*store, self));
    EXPECT_TRUE(fetch(*store));
    std::filesystem::remove(path("asked"));
    EXPECT_TRUE(publish(*store, self));
    EXPECT_NE(content("asked").find(R"("state":{"lease":"7"})"), std::string::npos);
    EXPECT_TRUE(fetch(*store));
    EXPECT_NE(content("asked").find(R"("state":{"fetched":true})"), std::string::npos);
}

TEST_F(HelperTest, is_not_run_to_publish_where_nothing_is_published) {
    HelperSpec spec = script("touch ran; echo '{\"version\":1}'");
    spec.publishes = false;
    const auto store = make_helper_store(spec, loop_);
    EXPECT_FALSE(store->publishes());
    EXPECT_TRUE(publish(*store, self));
    EXPECT_FALSE(std::filesystem::exists(path("ran")));
}

TEST_F(HelperTest, knows_an_address) {
    const auto source = make_helper_source(
        script(R"(cat > asked; echo '{"version":1,"address":"fd00::7"}')"), loop_);
    std::optional<Result<Endpoint>> answer;
    source->resolve([&](auto outcome) { answer = std::move(outcome); });
    runtime::run_until(loop_, [&] { return answer.has_value(); });
    EXPECT_EQ(*answer, *parse_ip("fd00::7"));
    EXPECT_NE(content("asked").find(R"("action":"resolve")"), std::string::npos);
}

TEST_F(HelperTest, says_what_is_wrong_in_a_sentence_of_its_own) {
    EXPECT_EQ(complaint("echo '{\"version\":1,\"error\":\"no such bucket\"}'; exit 1"),
              "no such bucket");
    EXPECT_EQ(complaint("echo '{\"version\":1,\"error\":\"no such bucket\"}'"), "no such bucket");
    EXPECT_EQ(complaint("echo trying >&2; echo 'no inventory: run sync' >&2; echo >&2; exit 3"),
              who() + "failed with status 3: no inventory: run sync");
    EXPECT_EQ(complaint("exit 3"), who() + "failed with status 3");
    EXPECT_EQ(complaint("kill -9 $$"), who() + "was killed by signal 9");
}

TEST_F(HelperTest, is_not_believed_when_it_fails_with_a_good_answer) {
    EXPECT_EQ(complaint("echo '{\"version\":1,\"seeds\":[]}'; exit 4"),
              who() + "failed with status 4");
}

TEST_F(HelperTest, is_not_believed_when_it_talks_nonsense) {
    EXPECT_TRUE(complaint("echo hello").starts_with("not an answer: line 1, column 1: "));
    EXPECT_TRUE(complaint("true").starts_with("not an answer: line 1, column 1: "));
    EXPECT_EQ(complaint("echo '{\"version\":7,\"seeds\":[]}'"),
              "not an answer: version 7 is not spoken here, only version 1");
    EXPECT_EQ(complaint("head -c 10000000 /dev/zero"), who() + "said too much and was stopped");
    EXPECT_EQ(complaint("head -c 10000000 /dev/zero >&2"), who() + "said too much and was stopped");
}

TEST_F(HelperTest, is_stopped_when_it_hangs) {
    HelperSpec spec = script("echo waiting for the lock >&2; sleep 60");
    // Time for a shell to say a line on a machine that has much else to do.
    spec.timeout = 1s;
    EXPECT_EQ(complaint(std::move(spec)),
              who() + "took too long and was stopped: waiting for the lock");
}

TEST_F(HelperTest, that_is_not_there_is_named) {
    HelperSpec spec = script("");
    spec.argv = {"/no/such/helper", "--password=hunter2"};
    EXPECT_EQ(complaint(std::move(spec)),
              "cannot run '/no/such/helper': No such file or directory");
}

TEST_F(HelperTest, answers_nobody_after_its_end) {
    bool answered = false;
    {
        const auto store = make_helper_store(script("sleep 60"), loop_);
        store->fetch([&](const auto&) { answered = true; });
        loop_.poll();
    }
    loop_.restart();
    loop_.run_for(50ms);
    EXPECT_FALSE(answered);
}

TEST_F(HelperTest, may_be_destroyed_by_whom_it_answers) {
    auto store = make_helper_store(script("echo '{\"version\":1,\"seeds\":[]}'"), loop_);
    store->fetch([&](const auto&) { store.reset(); });
    runtime::run_until(loop_, [&] { return store == nullptr; });
    EXPECT_EQ(store, nullptr);
}

}  // namespace
}  // namespace scrimp::providers
