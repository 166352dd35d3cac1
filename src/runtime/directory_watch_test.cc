#include "runtime/directory_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/scratch_directory_test.h"
#include "runtime/clock.h"
#include "runtime/loop_test.h"

namespace scrimp::runtime {
namespace {

namespace fs = std::filesystem;

class Watch : public testing::Test {
  protected:
    void put(const fs::path& path, const std::string& text = "x") const {
        std::ofstream(root_ / path) << text;
    }

    /// Whether a change is told, and then no other for a while.
    bool is_told_once() {
        const int before = told_;
        if (!run_until(loop_, [&] { return told_ > before; })) return false;
        const Instant calm = now() + 2 * times_.quiet;
        run_until(loop_, [&] { return now() > calm; });
        return told_ == before + 1;
    }

    bool is_silent() {
        const int before = told_;
        const Instant calm = now() + 2 * times_.quiet;
        run_until(loop_, [&] { return now() > calm; });
        return told_ == before;
    }

    ScratchDirectory scratch_;
    fs::path root_ = scratch_.path();
    boost::asio::io_context loop_;
    int told_ = 0;
    const WatchTimes times_{.quiet = std::chrono::milliseconds{20},
                            .longest = std::chrono::milliseconds{200}};
    DirectoryWatch watch_{loop_, [this] { ++told_; }, times_};
};

TEST_F(Watch, tells_of_files_that_come_change_and_go) {
    ASSERT_TRUE(watch_.watch(root_));
    EXPECT_TRUE(is_silent());
    put("a.json");
    EXPECT_TRUE(is_told_once());
    put("a.json", "other");
    EXPECT_TRUE(is_told_once());
    fs::permissions(root_ / "a.json", fs::perms::owner_read);
    EXPECT_TRUE(is_told_once());
    fs::rename(root_ / "a.json", root_ / "b.json");
    EXPECT_TRUE(is_told_once());
    fs::remove(root_ / "b.json");
    EXPECT_TRUE(is_told_once());
}

TEST_F(Watch, tells_of_a_burst_once) {
    ASSERT_TRUE(watch_.watch(root_));
    for (int i = 0; i < 100; ++i) put("file" + std::to_string(i));
    EXPECT_TRUE(is_told_once());
}

TEST_F(Watch, does_not_wait_for_ever_until_it_is_quiet) {
    ASSERT_TRUE(watch_.watch(root_));
    const Instant start = now();
    ASSERT_TRUE(run_until(loop_, [&] {
        put("busy");
        return told_ > 0;
    }));
    EXPECT_GE(now() - start, times_.longest);
    EXPECT_LT(now() - start, times_.longest + std::chrono::seconds{2});
}

TEST_F(Watch, sees_a_directory_that_is_removed_and_made_again) {
    const fs::path directory = root_ / "deep" / "apps.d";
    fs::create_directories(directory);
    ASSERT_TRUE(watch_.watch(directory));
    fs::remove_all(root_ / "deep");
    EXPECT_TRUE(is_told_once());
    fs::create_directories(directory);
    EXPECT_TRUE(is_told_once());
    put("deep/apps.d/a.json");
    EXPECT_TRUE(is_told_once());
}

TEST_F(Watch, sees_a_directory_that_is_made_later) {
    ASSERT_TRUE(watch_.watch(root_ / "a" / "b"));
    EXPECT_TRUE(is_silent());
    fs::create_directory(root_ / "a");
    EXPECT_TRUE(is_told_once());
    fs::create_directory(root_ / "a" / "b");
    EXPECT_TRUE(is_told_once());
    put("a/b/c.json");
    EXPECT_TRUE(is_told_once());
}

TEST_F(Watch, sees_a_directory_that_is_replaced_by_rename) {
    fs::create_directory(root_ / "apps.d");
    fs::create_directory(root_ / "new");
    ASSERT_TRUE(watch_.watch(root_ / "apps.d"));
    fs::rename(root_ / "apps.d", root_ / "old");
    fs::rename(root_ / "new", root_ / "apps.d");
    EXPECT_TRUE(is_told_once());
    put("old/a.json");
    EXPECT_TRUE(is_silent());
    put("apps.d/a.json");
    EXPECT_TRUE(is_told_once());
}

TEST_F(Watch, sees_a_symbolic_link_on_the_way_that_is_swapped) {
    for (const char* release : {"one", "two"}) fs::create_directories(root_ / release / "apps.d");
    fs::create_directory_symlink("one", root_ / "current");
    fs::create_directory_symlink(root_ / "current", root_ / "live");
    ASSERT_TRUE(watch_.watch(root_ / "live" / "." / "apps.d" / ".." / "apps.d"));
    fs::create_directory_symlink("two", root_ / "next");
    EXPECT_TRUE(is_silent());
    fs::rename(root_ / "next", root_ / "current");
    EXPECT_TRUE(is_told_once());
    put("one/apps.d/a.json");
    EXPECT_TRUE(is_silent());
    put("two/apps.d/a.json");
    EXPECT_TRUE(is_told_once());
}

TEST_F(Watch, survives_links_that_lead_in_a_circle) {
    fs::create_directory_symlink("b", root_ / "a");
    fs::create_directory_symlink("a", root_ / "b");
    (void)watch_.watch(root_ / "a" / "apps.d");
    fs::remove(root_ / "a");
    fs::create_directories(root_ / "a" / "apps.d");
    EXPECT_TRUE(is_told_once());
    put("a/apps.d/a.json");
    EXPECT_TRUE(is_told_once());
}

TEST_F(Watch, turns_to_another_directory_and_to_none) {
    for (const char* name : {"one", "two"}) fs::create_directory(root_ / name);
    ASSERT_TRUE(watch_.watch(root_ / "one"));
    ASSERT_TRUE(watch_.watch(root_ / "two"));
    put("one/a.json");
    EXPECT_TRUE(is_silent());
    put("two/a.json");
    EXPECT_TRUE(is_told_once());
    put("two/b.json");
    ASSERT_TRUE(watch_.watch(""));
    EXPECT_TRUE(is_silent());
}

TEST_F(Watch, survives_a_queue_that_overflows) {
    ASSERT_TRUE(watch_.watch(root_));
    std::size_t most = 16384;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
    if (most > 100'000) GTEST_SKIP() << "the queue is too long to overflow here";
    const std::array<std::string, 2> paths{root_ / "a", root_ / "b"};
    for (const std::string& path : paths) put(path);
    // In turns, for the kernel folds an event that is like the last one.
    for (std::size_t i = 0; i <= most; ++i) {
        ::close(::open(paths[i % 2].c_str(), O_WRONLY | O_CLOEXEC));
    }
    EXPECT_TRUE(is_told_once());
    put("c");
    EXPECT_TRUE(is_told_once());
}

}  // namespace
}  // namespace scrimp::runtime
