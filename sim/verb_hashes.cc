// scrimplb-sim hashes: what happened in some storms and scenarios, as numbers that must be the same
// wherever the program is built. They change only with the protocol or the simulator, on purpose.
#include <array>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "sim/parallel.h"
#include "sim/progress.h"
#include "sim/reports.h"
#include "sim/script_file.h"
#include "sim/verbs.h"

namespace scrimp::sim {
namespace {

struct HashesVerb {
    std::vector<std::string> paths;
    std::size_t storms = 12;
    std::size_t jobs = 1;
    std::string expect;
    std::string write;
};

struct Hashed {
    std::string line;
    std::string failure;  ///< Empty if it passed.
};

std::string hash_line(const std::string& what, std::uint64_t hash, std::uint64_t events) {
    std::array<char, 64> numbers{};
    std::snprintf(numbers.data(), numbers.size(), " %016" PRIx64 " %" PRIu64 "\n", hash, events);
    return what + numbers.data();
}

Hashed hash_storm(std::uint64_t seed) {
    const StormReport report = run_storm(seed);
    return {hash_line("storm-" + std::to_string(seed), report.hash, report.events),
            report.passed() ? "" : failure_text(report)};
}

Hashed hash_scenario(const Script& script) {
    const PlayReport report = play(script, script.seed);
    const std::string stem = std::filesystem::path(script.name).stem().string();
    return {hash_line(stem, report.hash, report.events),
            report.passed() ? "" : text_of(report, false)};
}

/// The first lines that differ, for a person; empty if none do.
std::string difference(const std::string& expected, const std::string& found) {
    constexpr int shown_max = 5;
    std::istringstream before(expected);
    std::istringstream after(found);
    std::string text;
    for (int shown = 0; shown < shown_max;) {
        std::string old_line;
        std::string new_line;
        const bool more_old = static_cast<bool>(std::getline(before, old_line));
        const bool more_new = static_cast<bool>(std::getline(after, new_line));
        if (!more_old && !more_new) break;
        if (old_line == new_line) continue;
        text += "  expected " + old_line + "\n  found    " + new_line + "\n";
        ++shown;
    }
    return text;
}

int compare(const std::string& path, const std::string& found) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream expected;
    expected << file.rdbuf();
    if (!file) return complain({path + ": cannot be read; --write makes it"});
    const std::string differs = difference(expected.str(), found);
    if (differs.empty()) return exit_well;
    std::printf("%s: other things happened than were written down:\n%s%s", path.c_str(),
                differs.c_str(),
                "If the protocol or the simulator was changed on purpose, renew the file:\n"
                "  ./dev sim hashes sim/scenarios --write sim/hashes.txt\n");
    return exit_broken;
}

int run(const HashesVerb& asked) {
    const auto scripts = load_scripts(asked.paths);
    if (!scripts) return complain(scripts.error());
    const std::size_t count = scripts->size() + asked.storms;
    std::string text;
    bool passed = true;
    Progress progress("scenarios and storms", count);
    in_parallel(
        count, asked.jobs,
        [&](std::size_t i) {
            return i < scripts->size() ? hash_scenario((*scripts)[i])
                                       : hash_storm(1 + i - scripts->size());
        },
        [&](std::size_t i, const Hashed& hashed) {
            progress.show(i + 1);
            text += hashed.line;
            passed = passed && hashed.failure.empty();
            std::fputs(hashed.failure.c_str(), stdout);
        });
    if (!passed) return exit_broken;
    if (!asked.expect.empty()) return compare(asked.expect, text);
    if (asked.write.empty()) {
        std::fputs(text.c_str(), stdout);
        return exit_well;
    }
    std::ofstream file(asked.write, std::ios::binary);
    file << text;
    file.close();
    if (!file) return complain({asked.write + ": cannot be written"});
    return exit_well;
}

}  // namespace

void add_hashes(CLI::App& program, int& status) {
    const auto asked = std::make_shared<HashesVerb>();
    CLI::App* const verb = program.add_subcommand(
        "hashes", "What happens in storms and scenarios, as numbers to compare builds by");
    verb->add_option("paths", asked->paths, "Scenario files, or folders of *.txt")
        ->type_name("PATH");
    verb->add_option("--storms", asked->storms, "How many storms, from seed 1")
        ->capture_default_str();
    CLI::Option* const expect =
        verb->add_option("--expect", asked->expect, "Compare with this file instead of printing")
            ->type_name("FILE");
    verb->add_option("--write", asked->write, "Write to this file instead of printing")
        ->type_name("FILE")
        ->excludes(expect);
    add_jobs(*verb, asked->jobs);
    verb->callback([asked, &status] { status = run(*asked); });
}

}  // namespace scrimp::sim
