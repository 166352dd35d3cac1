#include "runtime/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/scratch_directory_test.h"

namespace scrimp::runtime {

namespace {

/// A directory of its own for each test.
class Files : public ::testing::Test {
  protected:
    [[nodiscard]] std::string path(const char* name) const { return directory_ + "/" + name; }

    ScratchDirectory scratch_;
    std::string directory_ = scratch_.path();
};

std::string contents(const std::string& path) {
    return read_file(path, 1 << 20).value().value_or("(missing)");
}

}  // namespace

TEST_F(Files, say_nothing_for_a_missing_file_and_fail_for_an_unreadable_one) {
    EXPECT_EQ(read_file(path("none"), 10), std::nullopt);
    EXPECT_FALSE(read_file(directory_, 10));
}

TEST_F(Files, are_read_within_a_bound) {
    ASSERT_TRUE(write_file(path("a"), "12345"));
    EXPECT_EQ(read_file(path("a"), 5), "12345");
    EXPECT_FALSE(read_file(path("a"), 4));
}

TEST_F(Files, are_readable_by_all_whatever_the_umask) {
    const mode_t before = umask(0077);
    ASSERT_TRUE(write_file(path("a"), "x"));
    umask(before);
    struct stat facts{};
    ASSERT_EQ(stat(path("a").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0644U);
}

TEST_F(Files, are_replaced_whole_and_leave_nothing_beside) {
    ASSERT_TRUE(write_file(path("a"), "old and longer"));
    ASSERT_TRUE(replace_file(path("a"), "new"));
    EXPECT_EQ(contents(path("a")), "new");
    const std::filesystem::directory_iterator entries(directory_);
    EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST_F(Files, are_left_alone_by_a_replacement_that_fails) {
    ASSERT_TRUE(write_file(path("a"), "good"));
    std::filesystem::create_directory(path("a.new"));
    const Result<void> replaced = replace_file(path("a"), "bad");
    ASSERT_FALSE(replaced);
    EXPECT_NE(replaced.error().message.find("a.new"), std::string::npos);
    EXPECT_EQ(contents(path("a")), "good");
}

TEST_F(Files, are_not_written_through_a_symbolic_link) {
    ASSERT_TRUE(write_file(path("a"), "mine"));
    std::filesystem::create_symlink(path("a"), path("link"));
    EXPECT_FALSE(write_file(path("link"), "yours"));
    EXPECT_EQ(contents(path("a")), "mine");
}

}  // namespace scrimp::runtime
