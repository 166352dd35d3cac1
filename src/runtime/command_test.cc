#include "runtime/command.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "runtime/clock.h"
#include "runtime/loop_test.h"

namespace scrimp::runtime {

namespace {

using namespace std::chrono_literals;

struct Ran {
    std::optional<Result<std::string>> outcome;
    Duration took{};
};

Ran run(const std::vector<std::string>& argv, Duration timeout = 10s) {
    boost::asio::io_context loop;
    Ran ran;
    const Instant start = now();
    const Command command(loop, argv, timeout, [&](Result<std::string> outcome) {
        EXPECT_FALSE(ran.outcome) << "called twice";
        ran.outcome = std::move(outcome);
    });
    run_until(loop, [&] { return ran.outcome.has_value(); });
    ran.took = now() - start;
    return ran;
}

}  // namespace

TEST(Command, yields_output_and_errors_together) {
    EXPECT_EQ(run({"sh", "-c", "echo one; echo two >&2"}).outcome, "one\ntwo\n");
}

TEST(Command, passes_arguments_without_a_shell) {
    EXPECT_EQ(run({"printf", "%s|", "a b", "$HOME", "; false"}).outcome, "a b|$HOME|; false|");
}

TEST(Command, names_the_status_and_keeps_the_output_of_a_failure) {
    const Ran ran = run({"sh", "-c", "echo because; exit 3"});
    ASSERT_TRUE(ran.outcome && !*ran.outcome);
    EXPECT_EQ(ran.outcome->error().message,
              "'sh -c echo because; exit 3' failed with status 3: because\n");
}

TEST(Command, names_the_signal_that_killed_it) {
    const Ran ran = run({"sh", "-c", "kill -9 $$"});
    ASSERT_TRUE(ran.outcome && !*ran.outcome);
    EXPECT_EQ(ran.outcome->error().message, "'sh -c kill -9 $$' was killed by signal 9");
}

TEST(Command, says_why_it_could_not_start) {
    const Ran ran = run({"/no/such/program", "-t"});
    ASSERT_TRUE(ran.outcome && !*ran.outcome);
    EXPECT_EQ(ran.outcome->error().message,
              "cannot run '/no/such/program': No such file or directory");
}

TEST(Command, is_stopped_with_all_its_children_after_its_timeout) {
    const Ran ran = run({"sh", "-c", "echo started; sleep 60 & sleep 60"}, 100ms);
    ASSERT_TRUE(ran.outcome && !*ran.outcome);
    EXPECT_NE(ran.outcome->error().message.find("took too long"), std::string::npos);
    EXPECT_LT(ran.took, 5s);
}

TEST(Command, does_not_wait_for_what_it_leaves_running) {
    const Ran ran = run({"sh", "-c", "sleep 2 & echo done"});
    EXPECT_EQ(ran.outcome, "done\n");
    EXPECT_LT(ran.took, 1500ms);
}

TEST(Command, keeps_a_bounded_part_of_a_flood) {
    const Ran ran = run({"sh", "-c", "head -c 1000000 /dev/zero; exit 1"});
    ASSERT_TRUE(ran.outcome && !*ran.outcome);
    EXPECT_LT(ran.outcome->error().message.size(), command_output_bytes_max + 100);
    EXPECT_GT(ran.outcome->error().message.size(), command_output_bytes_max);
}

TEST(Command, gives_the_program_no_input_none_of_our_files_and_plain_signals) {
    constexpr int inheritable = 57;
    ASSERT_EQ(dup2(STDERR_FILENO, inheritable), inheritable);
    signal(SIGPIPE, SIG_IGN);
    // SIGPIPE, number 13, is the lowest bit of the fourth digit from the right.
    const Ran ran = run({"sh", "-c",
                         "cat; test -e /proc/$$/fd/57 && echo inherited;"
                         "grep -c 'SigIgn:.*[13579bdf]...$' /proc/$$/status; true"});
    signal(SIGPIPE, SIG_DFL);
    close(inheritable);
    EXPECT_EQ(ran.outcome, "0\n");
}

TEST(Command, is_killed_when_it_is_destroyed) {
    boost::asio::io_context loop;
    {
        const Command command(loop, {"sleep", "60"}, 60s,
                              [](const Result<std::string>&) { FAIL() << "nobody waits for it"; });
        loop.poll();
    }
    loop.restart();
    loop.poll();
    EXPECT_EQ(loop.poll(), 0U);
}

TEST(Command, finds_this_program_under_its_own_name) {
    const Ran ran = run({"scrimplb", "--gtest_list_tests", "--gtest_filter=Command.finds_*"});
    ASSERT_TRUE(ran.outcome && *ran.outcome);
    EXPECT_NE((*ran.outcome)->find("finds_this_program_under_its_own_name"), std::string::npos);
}

}  // namespace scrimp::runtime
