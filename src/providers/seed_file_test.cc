#include "providers/seed_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "base/scratch_directory_test.h"
#include "providers/providers.h"
#include "seed/document.h"

namespace scrimp::providers {
namespace {

using namespace std::chrono_literals;

/// The time of most of these tests.
constexpr std::int64_t noon = 1'700'000'000;

class SeedFileTest : public ::testing::Test {
  protected:
    void put(std::string_view text) const { std::ofstream(path_) << text; }
    [[nodiscard]] std::string content() const {
        std::ostringstream text;
        text << std::ifstream(path_).rdbuf();
        return text.str();
    }
    [[nodiscard]] std::string complaint() const {
        const auto seeds = read();
        return seeds ? "none" : seeds.error().message;
    }
    [[nodiscard]] SeedFile file() const { return {.path = path_, .expiry = 10min}; }
    [[nodiscard]] Result<std::vector<Endpoint>> read(std::int64_t now = noon) const {
        return read_seed_file(file(), now);
    }
    [[nodiscard]] Result<void> add(std::string_view endpoint, std::int64_t now = noon) const {
        return add_to_seed_file(file(), *parse_endpoint(endpoint), now, {});
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
            found.push_back(entry.path().filename());
        }
        std::ranges::sort(found);
        return found;
    }

    ScratchDirectory scratch_;
    std::string directory_ = scratch_.path();
    std::string path_ = directory_ + "/seeds.json";
};

TEST_F(SeedFileTest, holds_no_seeds_while_it_is_missing_or_empty) {
    EXPECT_EQ(*read(), std::vector<Endpoint>{});
    put("");
    EXPECT_EQ(*read(), std::vector<Endpoint>{});
}

TEST_F(SeedFileTest, yields_what_was_added_each_once) {
    ASSERT_TRUE(add("10.0.0.1:1"));
    ASSERT_TRUE(add("[fd00::7]:2"));
    ASSERT_TRUE(add("10.0.0.1:1"));
    EXPECT_EQ(*read(),
              (std::vector{*parse_endpoint("10.0.0.1:1"), *parse_endpoint("[fd00::7]:2")}));
    EXPECT_EQ(content(), R"({"seeds":[{"address":"10.0.0.1","port":"1","published":1700000000},)"
                         R"({"address":"[fd00::7]","port":"2","published":1700000000}]})"
                         "\n");
    EXPECT_EQ(names(), (std::vector<std::string>{"seeds.json", "seeds.json.lock"}));
}

TEST_F(SeedFileTest, is_not_written_when_nothing_changes) {
    ASSERT_TRUE(add("10.0.0.1:1"));
    struct stat before{};
    ASSERT_EQ(::stat(path_.c_str(), &before), 0);
    ASSERT_TRUE(add("10.0.0.1:1"));
    struct stat after{};
    ASSERT_EQ(::stat(path_.c_str(), &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(SeedFileTest, forgets_who_has_not_published_for_longer_than_the_expiry) {
    ASSERT_TRUE(add("10.0.0.1:1"));
    ASSERT_TRUE(add("10.0.0.2:2", noon + 500));
    EXPECT_EQ(*read(noon + 601), std::vector{*parse_endpoint("10.0.0.2:2")});
    EXPECT_EQ(read(noon + 9999)->size(), 2u) << "a last resort beats nothing";
    ASSERT_TRUE(add("10.0.0.2:2", noon + 701));
    EXPECT_EQ(content().find("10.0.0.1"), std::string::npos);
}

TEST_F(SeedFileTest, that_is_no_document_fails_to_be_read_and_is_overwritten) {
    put("seeds: none\n");
    EXPECT_TRUE(complaint().starts_with(path_ + ": not a seeds document: line 1, column 1: "));
    ASSERT_TRUE(add("10.0.0.1:1"));
    EXPECT_EQ(*read(), std::vector{*parse_endpoint("10.0.0.1:1")});
}

TEST_F(SeedFileTest, is_read_no_further_than_a_document_goes) {
    put(std::string(std::size_t{2} * seed::document_bytes_max, ' '));
    EXPECT_EQ(complaint(), path_ + " is larger than 65536 bytes");
}

TEST_F(SeedFileTest, must_be_a_file_in_a_directory_that_exists) {
    std::filesystem::create_directory(path_);
    EXPECT_EQ(complaint(), path_ + ": is no regular file");
    std::filesystem::remove(path_);
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    EXPECT_EQ(complaint(), path_ + ": is no regular file");
    path_ = directory_ + "/no/seeds.json";
    EXPECT_EQ(complaint(), path_ + ": there is no directory " + directory_ + "/no");
    EXPECT_EQ(add("10.0.0.1:1").error().message,
              path_ + ".lock: cannot be opened: No such file or directory");
}

TEST_F(SeedFileTest, recovers_from_a_writer_that_died_half_way) {
    std::ofstream(path_ + ".new") << R"({"seeds":[{"addr)";
    std::ofstream(path_ + ".lock") << "";
    ASSERT_TRUE(add("10.0.0.1:1"));
    EXPECT_EQ(*read(), std::vector{*parse_endpoint("10.0.0.1:1")});
}

TEST_F(SeedFileTest, has_a_lock_for_everybody_whatever_the_umask) {
    const mode_t before = ::umask(077);
    EXPECT_TRUE(add("10.0.0.1:1"));
    ::umask(before);
    struct stat lock{};
    ASSERT_EQ(::stat((path_ + ".lock").c_str(), &lock), 0);
    EXPECT_EQ(lock.st_mode & 0777, 0666u);
}

TEST_F(SeedFileTest, makes_way_for_itself_whatever_was_left_where_it_writes) {
    std::filesystem::create_symlink("/dev/full", path_ + ".new");
    ASSERT_TRUE(add("10.0.0.1:1"));
    EXPECT_EQ(*read(), std::vector{*parse_endpoint("10.0.0.1:1")});
    std::filesystem::create_directory(path_ + ".new");
    EXPECT_EQ(add("10.0.0.2:2").error().message,
              path_ +
                  ".new: is in the way and cannot be removed: Is a directory; remove it, and "
                  "let the user of each load balancer write the directory, which must not be "
                  "sticky");
}

/// As another user than the one who owns what lies there; needs root to become one.
TEST_F(SeedFileTest, is_shared_by_writers_of_several_users) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can be several users";
    constexpr uid_t nobody = 65534;
    std::filesystem::permissions(directory_, std::filesystem::perms::all);
    std::ofstream(path_ + ".lock") << "";
    std::ofstream(path_ + ".new") << "half";
    ASSERT_EQ(::chmod((path_ + ".lock").c_str(), 0644), 0);
    ASSERT_EQ(::seteuid(nobody), 0);
    const auto shared = add("10.0.0.1:1");
    EXPECT_TRUE(shared) << shared.error().message;
    ASSERT_EQ(::seteuid(0), 0);
    ASSERT_EQ(::chmod((path_ + ".lock").c_str(), 0600), 0);
    ASSERT_EQ(::seteuid(nobody), 0);
    const auto locked_out = add("10.0.0.2:2");
    ASSERT_EQ(::seteuid(0), 0);
    ASSERT_FALSE(locked_out);
    EXPECT_EQ(locked_out.error().message,
              path_ +
                  ".lock: cannot be opened: Permission denied; make it writable to the user of "
                  "each load balancer (chmod 666), and their directory");
}

TEST_F(SeedFileTest, loses_nothing_to_threads_that_publish_at_once) {
    constexpr int threads = 8;
    constexpr int each = 8;
    {
        std::vector<std::jthread> publishers;
        publishers.reserve(threads);
        for (int i = 0; i < threads; ++i) {
            publishers.emplace_back([&, i] {
                for (int j = 0; j < each; ++j) {
                    const auto port = static_cast<std::uint16_t>(1 + i * each + j);
                    EXPECT_TRUE(add_to_seed_file(file(), *parse_ip("10.0.0.1", port), noon, {}));
                    EXPECT_TRUE(read()) << "a reader never meets half a document";
                }
            });
        }
    }
    const std::vector<Endpoint> seeds = *read();
    EXPECT_EQ(std::set<Endpoint>(seeds.begin(), seeds.end()).size(), threads * each);
}

TEST_F(SeedFileTest, loses_nothing_to_processes_that_publish_at_once) {
    std::vector<pid_t> publishers;
    for (std::uint16_t port = 1; port <= 12; ++port) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::_exit(add_to_seed_file(file(), *parse_ip("10.0.0.1", port), noon, {}) ? 0 : 1);
        }
        publishers.push_back(child);
    }
    for (const pid_t child : publishers) {
        int status = -1;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(read()->size(), 12u);
}

TEST_F(SeedFileTest, is_a_store_that_answers_on_the_loop) {
    boost::asio::io_context loop;
    auto store = (*find_provider("file"))->open({{"path", path_}}, loop);
    ASSERT_TRUE(store);
    const auto test_thread = std::this_thread::get_id();
    std::vector<Endpoint> seeds;
    (*store)->publish(*parse_endpoint("10.0.0.1:1"), [&](const Result<void>& outcome) {
        EXPECT_TRUE(outcome);
        EXPECT_EQ(std::this_thread::get_id(), test_thread);
        (*store)->fetch([&](const Result<std::vector<Endpoint>>& fetched) {
            EXPECT_EQ(std::this_thread::get_id(), test_thread);
            seeds = fetched.value();
        });
    });
    loop.run();
    EXPECT_EQ(seeds, std::vector{*parse_endpoint("10.0.0.1:1")});
}

TEST_F(SeedFileTest, store_ends_at_once_though_it_waits_for_the_lock) {
    const int held = ::open((path_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(::flock(held, LOCK_EX), 0);
    boost::asio::io_context loop;
    bool answered = false;
    {
        auto store = (*find_provider("file"))->open({{"path", path_}}, loop);
        (*store)->publish(*parse_endpoint("10.0.0.1:1"), [&](const auto&) { answered = true; });
    }
    loop.run();
    EXPECT_FALSE(answered);
    EXPECT_FALSE(std::filesystem::exists(path_));
    ::close(held);
}

TEST_F(SeedFileTest, store_wants_a_path) {
    boost::asio::io_context loop;
    const auto complaint_about = [&](const nlohmann::json& config) {
        auto store = (*find_provider("file"))->open(config, loop);
        return store ? "none" : store.error().message;
    };
    EXPECT_EQ(complaint_about(nlohmann::json::object()), "path: required, and missing");
    EXPECT_EQ(complaint_about({{"pth", "x"}}), "pth: unknown key; did you mean 'path'?");
    EXPECT_EQ(complaint_about({{"path", "/srv/"}}), "path: must name a file");
    EXPECT_EQ(complaint_about({{"path", "x"}, {"expiry", "0s"}}),
              "expiry: '0s' must be between 1s and 8760h");
    EXPECT_EQ(complaint_about({{"path", "x"}, {"expiry", "1m30s"}}), "none");
}

}  // namespace
}  // namespace scrimp::providers
