#include "app/memory_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/scratch_directory_test.h"
#include "runtime/files.h"
#include "runtime/loop_test.h"

namespace scrimp::app {

namespace {

using service::Remembered;

class Memory : public ::testing::Test {
  protected:
    [[nodiscard]] MemoryFile file(const std::string& directory) {
        return MemoryFile(loop_, directory, "web/1", [this] {
            ++asked_;
            return members_;
        });
    }
    [[nodiscard]] std::string path() const { return directory_ + "/web_1.members.json"; }
    [[nodiscard]] bool exists() const { return std::filesystem::exists(path()); }

    boost::asio::io_context loop_;
    ScratchDirectory scratch_;
    std::string directory_ = scratch_.path();
    std::vector<Remembered> members_{{"b1", *parse_endpoint("10.0.0.7:9999"), {}}};
    int asked_ = 0;
};

}  // namespace

TEST_F(Memory, survives_the_process) {
    {
        MemoryFile first = file(directory_);
        EXPECT_FALSE(first.load());
        first.touch();
        first.close();
    }
    const auto members = file(directory_).load();
    ASSERT_TRUE(members && members->size() == 1);
    EXPECT_EQ(members->front().member_name, "b1");
    EXPECT_EQ(members->front().endpoint.text(), "10.0.0.7:9999");
}

TEST_F(Memory, gathers_many_changes_into_one_write) {
    MemoryFile memory = file(directory_);
    for (int i = 0; i < 100; ++i) memory.touch();
    EXPECT_EQ(asked_, 0);
    EXPECT_TRUE(runtime::run_until(loop_, [&] { return exists(); }));
    EXPECT_EQ(asked_, 1);
}

TEST_F(Memory, is_not_written_after_it_is_closed) {
    MemoryFile memory = file(directory_);
    memory.close();
    memory.touch();
    loop_.poll();
    EXPECT_FALSE(exists());
}

TEST_F(Memory, creates_its_directory_but_none_above_it) {
    MemoryFile memory = file(directory_ + "/state");
    EXPECT_FALSE(memory.load());
    const auto status = std::filesystem::status(directory_ + "/state");
    EXPECT_TRUE(std::filesystem::is_directory(status));
    EXPECT_EQ(status.permissions() & std::filesystem::perms::others_all,
              std::filesystem::perms::none);
    memory.touch();
    memory.close();
    EXPECT_TRUE(std::filesystem::exists(directory_ + "/state/web_1.members.json"));

    MemoryFile lost = file(directory_ + "/no/such");
    EXPECT_FALSE(lost.load());
    lost.touch();
    lost.close();
    EXPECT_FALSE(std::filesystem::exists(directory_ + "/no"));
}

TEST_F(Memory, is_nothing_where_no_directory_is_given_or_the_file_is_spoilt) {
    MemoryFile nowhere = file("");
    nowhere.touch();
    nowhere.close();
    EXPECT_FALSE(nowhere.load());
    ASSERT_TRUE(runtime::write_file(path(), "{\"version\":1,\"mem"));
    EXPECT_FALSE(file(directory_).load());
}

}  // namespace scrimp::app
