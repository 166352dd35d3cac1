// scrimplb-sim run: scenarios from files.
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "sim/parallel.h"
#include "sim/play.h"
#include "sim/progress.h"
#include "sim/reports.h"
#include "sim/script_file.h"
#include "sim/verbs.h"

namespace scrimp::sim {
namespace {

struct RunVerb {
    std::vector<std::string> paths;
    std::uint64_t seed = 0;
    std::size_t seeds = 1;
    std::size_t jobs = 1;
    bool trace = false;
    bool quiet = false;
    std::string format = "text";
};

int run(const RunVerb& asked) {
    const auto scripts = load_scripts(asked.paths);
    if (!scripts) return complain(scripts.error());
    const bool text = asked.format == "text";
    nlohmann::ordered_json reports = nlohmann::ordered_json::array();
    bool passed = true;
    const std::size_t count = scripts->size() * asked.seeds;
    Progress progress("scenarios", count);
    in_parallel(
        count, asked.trace ? 1 : asked.jobs,
        [&](std::size_t i) {
            const Script& script = (*scripts)[i / asked.seeds];
            const std::uint64_t first = asked.seed != 0 ? asked.seed : script.seed;
            return play(script, first + i % asked.seeds, asked.trace ? &std::cout : nullptr);
        },
        [&](std::size_t i, const PlayReport& report) {
            progress.show(i + 1);
            passed = passed && report.passed();
            if (text) {
                std::fputs(text_of(report, !asked.quiet).c_str(), stdout);
                std::fflush(stdout);
            } else {
                reports.push_back(json_of(report));
            }
        });
    if (!text) std::printf("%s\n", reports.dump(2).c_str());
    return passed ? exit_well : exit_broken;
}

}  // namespace

void add_run(CLI::App& program, int& status) {
    const auto asked = std::make_shared<RunVerb>();
    CLI::App* const verb = program.add_subcommand("run", "Scenarios from files");
    verb->add_option("paths", asked->paths, "Scenario files, or folders of *.txt")
        ->type_name("PATH")
        ->required();
    verb->add_option("--seed", asked->seed, "Instead of the scenario's own; 0: its own")
        ->capture_default_str();
    verb->add_option("--seeds", asked->seeds, "Run each with so many seeds in a row")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    verb->add_flag("--trace", asked->trace, "Print every event");
    verb->add_flag("--quiet", asked->quiet, "Of what went well, print a line each");
    add_jobs(*verb, asked->jobs);
    add_format(*verb, asked->format);
    verb->callback([asked, &status] { status = run(*asked); });
}

}  // namespace scrimp::sim
