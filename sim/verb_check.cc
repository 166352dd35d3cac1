// scrimplb-sim check: storms and scenarios in a row, and one line that says how it went.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "sim/parallel.h"
#include "sim/progress.h"
#include "sim/reports.h"
#include "sim/script_file.h"
#include "sim/verbs.h"
#include "sim/words.h"

namespace scrimp::sim {
namespace {

struct CheckVerb {
    std::vector<std::string> paths;
    std::size_t storms = 500;
    std::uint64_t first_seed = 1;
    std::size_t jobs = 1;
};

using Report = std::variant<StormReport, PlayReport>;

struct Tally {
    std::size_t failed = 0;
    std::size_t largest_storm = 0;
    std::size_t largest_scenario = 0;
    std::uint64_t events = 0;
    Duration virtual_time{};
};

void take(Tally& totals, const Report& report) {
    std::visit(
        [&](const auto& each) {
            totals.failed += each.passed() ? 0U : 1U;
            totals.events += each.events;
            totals.virtual_time += each.virtual_time;
        },
        report);
    if (const auto* storm = std::get_if<StormReport>(&report)) {
        totals.largest_storm = std::max(totals.largest_storm, storm->nodes);
        if (!storm->passed()) std::fputs(failure_text(*storm).c_str(), stdout);
    } else {
        const auto& scenario = std::get<PlayReport>(report);
        totals.largest_scenario = std::max(totals.largest_scenario, scenario.nodes);
        std::fputs(text_of(scenario, false).c_str(), stdout);
    }
    std::fflush(stdout);
}

int run(const CheckVerb& asked) {
    const auto scripts = load_scripts(asked.paths);
    if (!scripts) return complain(scripts.error());
    const std::size_t count = scripts->size() + asked.storms;
    const double began = wall_seconds();
    Tally totals;
    Progress progress("scenarios and storms", count);
    in_parallel(
        count, asked.jobs,
        [&](std::size_t i) -> Report {
            if (i < scripts->size()) return play((*scripts)[i], (*scripts)[i].seed);
            return run_storm(asked.first_seed + i - scripts->size());
        },
        [&](std::size_t i, const Report& report) {
            progress.show(i + 1);
            take(totals, report);
        });
    std::printf(
        "%s: %zu storms of up to %zu nodes and %zu scenarios of up to %zu, %.1f virtual hours and "
        "%llu events in %.0f s\n",
        totals.failed == 0 ? "no rule was broken" : "FAILED", asked.storms, totals.largest_storm,
        scripts->size(), totals.largest_scenario, in_seconds(totals.virtual_time) / 3600,
        static_cast<unsigned long long>(totals.events), wall_seconds() - began);
    return totals.failed == 0 ? exit_well : exit_broken;
}

}  // namespace

void add_check(CLI::App& program, int& status) {
    const auto asked = std::make_shared<CheckVerb>();
    CLI::App* const verb =
        program.add_subcommand("check", "Many storms and all scenarios, and one line about them");
    verb->add_option("paths", asked->paths, "Scenario files, or folders of *.txt")
        ->type_name("PATH");
    verb->add_option("--storms", asked->storms, "How many storms")->capture_default_str();
    verb->add_option("--first-seed", asked->first_seed, "The first storm's seed")
        ->capture_default_str();
    add_jobs(*verb, asked->jobs);
    verb->callback([asked, &status] { status = run(*asked); });
}

}  // namespace scrimp::sim
