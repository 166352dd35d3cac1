#include "app/history.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/scratch_directory_test.h"

namespace scrimp::app {
namespace {

class HistoryOfGenerations : public testing::Test {
  protected:
    Result<void> try_record(const std::string& name, const std::string& text) {
        return history_.record(
            {.name = name, .at = ++at_, .revision = 7, .why = "web: +10.0.0.1:80 (b1)", .bytes = 0},
            text);
    }
    void record(const std::string& name, const std::string& text) {
        const auto recorded = try_record(name, text);
        EXPECT_TRUE(recorded) << recorded.error().message;
    }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const Generation& each : history_.generations()) all.push_back(each.name);
        return all;
    }
    std::size_t files() const {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(folder_)) {
            ++count;
        }
        return count;
    }

    ScratchDirectory scratch_;
    std::filesystem::path folder_ = scratch_.path() / "history";
    History history_ = opened();
    std::int64_t at_ = 1000;

    History opened() const {
        History history(folder_.string());
        EXPECT_TRUE(history.load());
        return history;
    }
};

using Names = std::vector<std::string>;

TEST_F(HistoryOfGenerations, keeps_the_last_ten_and_their_texts_across_a_restart) {
    for (int i = 10; i < 25; ++i) record("g" + std::to_string(i), "text " + std::to_string(i));
    EXPECT_EQ(names().size(), generations_kept_max);
    EXPECT_EQ(files(), generations_kept_max + 1) << "the texts and the index";
    const auto before = history_.generations();
    history_ = opened();
    EXPECT_EQ(history_.generations(), before);
    EXPECT_EQ(names().front(), "g24");
    EXPECT_EQ(history_.text_of(*history_.find("g24")), "text 24");
    EXPECT_EQ(history_.generations()[0].why, "web: +10.0.0.1:80 (b1)");
}

TEST_F(HistoryOfGenerations, makes_a_generation_that_comes_back_the_latest) {
    for (const char* name : {"a1", "b2", "a1"}) record(name, name);
    EXPECT_EQ(names(), (Names{"a1", "b2"}));
}

TEST_F(HistoryOfGenerations, finds_by_the_beginning_of_a_name) {
    for (const char* name : {"abc1", "abd2"}) record(name, name);
    EXPECT_EQ(history_.find("abc")->name, "abc1");
    EXPECT_NE(history_.find("ab").error().message.find("begins several"), std::string::npos);
    EXPECT_NE(history_.find("x").error().message.find("there are abd2, abc1"), std::string::npos);
    EXPECT_FALSE(history_.find(""));
}

TEST_F(HistoryOfGenerations, keeps_the_pinned_one_as_long_as_it_is_pinned) {
    record("first", "1");
    ASSERT_TRUE(history_.set_pinned("first"));
    for (int i = 0; i < 20; ++i) record("g" + std::to_string(i), "x");
    history_ = opened();
    EXPECT_EQ(history_.pinned(), "first");
    EXPECT_TRUE(history_.find("first"));
    EXPECT_EQ(names().size(), generations_kept_max);
}

TEST_F(HistoryOfGenerations, says_when_what_was_pinned_cannot_be_had_until_somebody_acts) {
    record("a", "1");
    record("b", "2");
    ASSERT_TRUE(history_.set_pinned("a"));
    std::filesystem::resize_file(folder_ / "a.conf", 0);
    history_ = opened();
    EXPECT_NE(history_.lost_pin().find("generation a is lost"), std::string::npos);
    std::filesystem::remove(folder_ / "a.conf");
    for (const char* name : {"c", "d"}) {
        history_ = opened();
        EXPECT_NE(history_.lost_pin().find("a.conf is missing"), std::string::npos);
        record(name, "x");
    }
    ASSERT_TRUE(history_.set_pinned(""));
    EXPECT_EQ(history_.lost_pin(), "");
    history_ = opened();
    EXPECT_EQ(history_.lost_pin(), "");
}

TEST_F(HistoryOfGenerations, stays_as_it_was_when_a_pin_cannot_be_written) {
    record("a", "1");
    std::filesystem::create_directory(folder_ / "index.json.new");
    EXPECT_FALSE(history_.set_pinned("a"));
    EXPECT_EQ(history_.pinned(), "");
    std::filesystem::remove(folder_ / "index.json.new");
    ASSERT_TRUE(history_.set_pinned("a"));
    std::filesystem::create_directory(folder_ / "index.json.new");
    EXPECT_FALSE(history_.set_pinned(""));
    EXPECT_EQ(history_.pinned(), "a");
}

TEST_F(HistoryOfGenerations, leaves_nothing_behind_of_what_could_not_be_written) {
    const auto part_is_gone = [this] { return !std::filesystem::exists(folder_ / "a.conf.new"); };
    const auto leave_part = [this] { std::ofstream(folder_ / "a.conf.new") << "of a kill"; };
    leave_part();
    history_ = opened();
    EXPECT_TRUE(part_is_gone());
    leave_part();
    record("b", "1");
    EXPECT_TRUE(part_is_gone());
    std::filesystem::create_directories(folder_ / "a.conf" / "in-the-way");
    EXPECT_FALSE(try_record("a", "2"));
    EXPECT_TRUE(part_is_gone());
    EXPECT_EQ(names(), Names{"b"});
}

TEST_F(HistoryOfGenerations, is_bounded_even_while_no_index_can_be_written) {
    std::filesystem::create_directory(folder_ / "index.json.new");
    for (int i = 0; i < 15; ++i) EXPECT_FALSE(try_record("g" + std::to_string(i), "x"));
    EXPECT_EQ(files(), generations_kept_max + 1);
}

TEST_F(HistoryOfGenerations, is_bounded_by_bytes_and_keeps_the_latest_whatever_its_size) {
    const std::string large(generations_bytes_max / 2, 'x');
    for (const char* name : {"a", "b", "c"}) record(name, large);
    EXPECT_EQ(names(), (Names{"c", "b"}));
    record("d", large + large);
    EXPECT_EQ(names(), Names{"d"});
}

TEST_F(HistoryOfGenerations, survives_an_index_that_somebody_has_spoilt) {
    record("a", "1");
    std::filesystem::resize_file(folder_ / "index.json", 10);
    history_ = opened();
    EXPECT_TRUE(names().empty());
    EXPECT_NE(history_.lost_pin().find("not known whether"), std::string::npos);
    record("b", "2");
    EXPECT_EQ(names(), Names{"b"});
}

}  // namespace
}  // namespace scrimp::app
