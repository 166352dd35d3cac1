#include "runtime/command.h"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "runtime/clock.h"
#include "runtime/leftovers.h"
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

/// How a program ended, or why it could not start.
Result<CommandEnd> end_of(const CommandSpec& spec) {
    boost::asio::io_context loop;
    std::optional<Result<CommandEnd>> end;
    const Command command(loop, spec, [&](Result<CommandEnd> ended) { end = std::move(ended); });
    run_until(loop, [&] { return end.has_value(); });
    return end.value_or(fail("has not ended"));
}

CommandSpec script(const char* text) {
    return {.argv = {"sh", "-c", text}, .timeout = 10s, .errors_apart = true};
}

/// Whether a process of that command line is there, among those of this very test program.
bool runs(const std::string& words) {
    return system(("ps -e -o args= | grep -v grep | grep -qF '" + words + "'").c_str()) == 0;
}

/// The child of ours that was started last.
pid_t latest_child() {
    std::ifstream children("/proc/thread-self/children");
    pid_t latest = 0;
    for (pid_t each = 0; children >> each;) latest = each;
    return latest;
}

/// Keeps a process from dying, as a disk does that does not answer: by another process, which
/// watches it and never looks.
struct HeldBack {
    explicit HeldBack(pid_t target) {
        std::array<int, 2> said{};
        EXPECT_EQ(pipe(said.data()), 0);
        watcher = fork();
        if (watcher == 0) {
            const char well = ptrace(PTRACE_SEIZE, target, nullptr, PTRACE_O_TRACEEXIT) == 0;
            (void)!write(said[1], &well, 1);
            pause();
            _exit(0);
        }
        EXPECT_EQ(read(said[0], &works, 1), 1);
        for (const int end : said) close(end);
    }
    ~HeldBack() {
        kill(watcher, SIGKILL);
        waitpid(watcher, nullptr, 0);
    }
    HeldBack(const HeldBack&) = delete;
    HeldBack& operator=(const HeldBack&) = delete;

    pid_t watcher;
    bool works = false;
};

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
        const Command command(loop, {"sleep", "60.75"}, 60s,
                              [](const Result<std::string>&) { FAIL() << "nobody waits for it"; });
        loop.poll();
    }
    loop.restart();
    loop.run();  // Until its death was heard of.
    EXPECT_FALSE(runs("sleep 60.75"));
}

TEST(Command, may_follow_at_once_on_many_that_were_killed) {
    boost::asio::io_context loop;
    for (std::size_t i = 0; i < 2 * leftovers_max; ++i) {
        const Command command(loop, {"sleep", "60.5"}, 60s, [](const Result<std::string>&) {});
    }
    EXPECT_TRUE(end_of({.argv = {"sleep", "60.5"}, .timeout = 1ms}));
}

TEST(Command, that_cannot_be_killed_is_told_of_in_time_and_begun_a_few_times_only) {
    std::vector<std::unique_ptr<HeldBack>> held;
    for (std::size_t i = 0; i < leftovers_max; ++i) {
        boost::asio::io_context loop;
        std::optional<Result<std::string>> outcome;
        const Command command(loop, {"sleep", "60"}, 50ms,
                              [&](Result<std::string> told) { outcome = std::move(told); });
        held.push_back(std::make_unique<HeldBack>(latest_child()));
        if (!held.back()->works) GTEST_SKIP() << "ptrace is not allowed here";
        ASSERT_TRUE(run_until(loop, [&] { return outcome.has_value(); }));
        EXPECT_EQ(outcome->error().message, "'sleep 60' took too long and was stopped");
    }
    const CommandSpec spec{.argv = {"sleep", "60"}, .timeout = 50ms};
    for (int i = 0; i < 500 && leftovers().allow(spec.argv); ++i) usleep(10'000);
    const auto end = end_of(spec);
    ASSERT_FALSE(end);
    EXPECT_EQ(
        end.error().message,
        "cannot run 'sleep': earlier runs were killed and do not die; does a disk hang that it "
        "uses?");
    held.clear();
    for (int i = 0; i < 500 && !leftovers().allow(spec.argv); ++i) usleep(10'000);
    EXPECT_EQ(end_of(spec)->fate_text(), "took too long and was stopped");
}

TEST(Command, finds_this_program_under_its_own_name) {
    const Ran ran = run({"scrimplb", "--gtest_list_tests", "--gtest_filter=Command.finds_*"});
    ASSERT_TRUE(ran.outcome && *ran.outcome);
    EXPECT_NE((*ran.outcome)->find("finds_this_program_under_its_own_name"), std::string::npos);
}

TEST(CommandSpec, hands_its_input_to_the_program_whole_and_ends_it) {
    CommandSpec spec = script("cat; echo end");
    // More than a pipe holds, so that who does not read would block who writes.
    spec.input = std::string(200'000, 'x') + "\n";
    spec.output_bytes_max = 300'000;
    const auto end = end_of(spec);
    ASSERT_TRUE(end && end->succeeded());
    EXPECT_EQ(end->output, spec.input + "end\n");
    spec.argv.back() = "exec <&-; echo never read it";
    EXPECT_EQ(end_of(spec)->output, "never read it\n");
}

TEST(CommandSpec, lets_the_input_be_opened_by_its_name) {
    CommandSpec spec = script("cat /dev/stdin");
    spec.input = "hello";
    EXPECT_EQ(end_of(spec)->output, "hello");
}

TEST(CommandSpec, keeps_errors_apart_and_tells_the_status) {
    const auto end = end_of(script("echo out; echo err >&2; exit 3"));
    ASSERT_TRUE(end);
    EXPECT_EQ(end->output, "out\n");
    EXPECT_EQ(end->errors, "err\n");
    EXPECT_FALSE(end->succeeded());
    EXPECT_EQ(end->fate_text(), "failed with status 3");
}

TEST(CommandSpec, ends_a_flood_if_that_is_fatal) {
    for (const char* flood : {"cat /dev/zero", "cat /dev/zero >&2", "head -c 20000 /dev/zero"}) {
        CommandSpec spec = script(flood);
        spec.flood_is_fatal = true;
        const auto end = end_of(spec);
        ASSERT_TRUE(end);
        EXPECT_EQ(end->fate_text(), "said too much and was stopped") << flood;
        EXPECT_LE(end->output.size(), command_output_bytes_max);
    }
}

TEST(CommandSpec, stops_a_program_that_hangs_with_all_its_children) {
    CommandSpec spec = script("sleep 61.25 & sleep 61.25");
    spec.timeout = 100ms;
    const auto end = end_of(spec);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->fate_text(), "took too long and was stopped");
    // The group is dead at once, the kernel may take a moment to clear it away.
    for (int i = 0; i < 100 && runs("sleep 61.25"); ++i) usleep(10'000);
    EXPECT_FALSE(runs("sleep 61.25"));
}

TEST(CommandSpec, does_not_repeat_the_arguments_of_what_could_not_start) {
    const auto end = end_of({.argv = {"/no/such", "--password=x"}, .timeout = 1s});
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().message, "cannot run '/no/such': No such file or directory");
}

TEST(CommandSpec, says_where_it_looked_for_a_helper_of_ours) {
    const auto end = end_of({.argv = {"scrimplb-no-such"}, .timeout = 1s});
    ASSERT_FALSE(end);
    const std::string& message = end.error().message;
    EXPECT_TRUE(
        message.starts_with("cannot run 'scrimplb-no-such': it is a part of Scrimp LB, "
                            "and is in none of /"))
        << message;
    EXPECT_TRUE(message.ends_with(" /usr/lib/scrimplb; install it there")) << message;
}

TEST(CommandSpec, finds_a_helper_of_ours_beside_this_program) {
    const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    const std::string name = "scrimplb-test-helper-" + std::to_string(getpid());
    std::filesystem::create_symlink("/bin/echo", folder / name);
    const auto end = end_of({.argv = {name, "found"}, .timeout = 5s});
    std::filesystem::remove(folder / name);
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(end->output, "found\n");
}

TEST(CommandSpec, has_not_succeeded_if_nobody_can_tell_its_end) {
    // What is inherited from a parent that ignores it.
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    const auto end = end_of(script("exit 1"));
    std::signal(SIGCHLD, before);
    ASSERT_FALSE(end);
    EXPECT_TRUE(end.error().message.starts_with("cannot tell how the command ended: "))
        << end.error().message;
}

TEST(CommandSpec, leaves_no_descriptor_behind) {
    const auto open_files = [] {
        const std::filesystem::directory_iterator all("/proc/self/fd");
        return std::distance(begin(all), end(all));
    };
    CommandSpec spec = script("cat");
    spec.input = "x";
    (void)end_of(spec);
    const auto before = open_files();
    for (int i = 0; i < 20; ++i) {
        (void)end_of(spec);
        (void)end_of({.argv = {"/no/such"}, .timeout = 1s, .input = "x", .errors_apart = true});
    }
    EXPECT_EQ(open_files(), before);
}

}  // namespace scrimp::runtime
