// scrimplb-sim storm: many storms in a row, or one storm told event by event.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/detection.h"
#include "sim/parallel.h"
#include "sim/progress.h"
#include "sim/reports.h"
#include "sim/storm.h"
#include "sim/verbs.h"
#include "sim/words.h"

namespace scrimp::sim {
namespace {

struct StormVerb {
    std::uint64_t seeds = 100;
    std::uint64_t first_seed = 1;
    std::size_t nodes = 0;
    std::size_t jobs = 1;
    bool trace = false;
    std::string format = "text";
};

struct Totals {
    std::uint64_t failed = 0;
    std::uint64_t events = 0;
    std::uint64_t nodes = 0;
    Duration virtual_time{};
    std::vector<Duration> converged;
    std::vector<Duration> routed;
    double wall = 0;
};

void add_to(Totals& totals, const StormReport& report) {
    if (!report.passed()) ++totals.failed;
    totals.events += report.events;
    totals.nodes += report.nodes;
    totals.virtual_time += report.virtual_time;
    if (report.converged_after) totals.converged.push_back(*report.converged_after);
    if (report.routed_after) totals.routed.push_back(*report.routed_after);
}

void print_spans(const char* what, const std::vector<Duration>& spans) {
    if (spans.empty()) return;
    std::printf("%s: median %.1f s, most %.1f s, of %zu\n", what,
                in_seconds(percentile(spans, 0.5)), in_seconds(spans.back()), spans.size());
}

void print_totals(const StormVerb& asked, const Totals& totals) {
    std::printf(
        "%llu storms, seeds %llu to %llu, %.1f nodes on average: %llu failed; %.1f virtual hours, "
        "%llu events (%.0f a second) in %.1f s\n",
        static_cast<unsigned long long>(asked.seeds),
        static_cast<unsigned long long>(asked.first_seed),
        static_cast<unsigned long long>(asked.first_seed + asked.seeds - 1),
        static_cast<double>(totals.nodes) / static_cast<double>(asked.seeds),
        static_cast<unsigned long long>(totals.failed), in_seconds(totals.virtual_time) / 3600,
        static_cast<unsigned long long>(totals.events),
        static_cast<double>(totals.events) / totals.wall, totals.wall);
    print_spans("converged after the storm", totals.converged);
    print_spans("all routed after that", totals.routed);
}

void print_json(const StormVerb& asked, const Totals& totals,
                const nlohmann::ordered_json& failures) {
    const auto spans = [](const std::vector<Duration>& sorted) -> nlohmann::ordered_json {
        if (sorted.empty()) return nullptr;
        return {{"median_s", in_seconds(percentile(sorted, 0.5))},
                {"max_s", in_seconds(sorted.back())}};
    };
    const nlohmann::ordered_json all{{"storms", asked.seeds},
                                     {"first_seed", asked.first_seed},
                                     {"nodes", totals.nodes},
                                     {"failed", totals.failed},
                                     {"virtual_hours", in_seconds(totals.virtual_time) / 3600},
                                     {"events", totals.events},
                                     {"wall_seconds", totals.wall},
                                     {"converged", spans(totals.converged)},
                                     {"routed", spans(totals.routed)},
                                     {"failures", failures}};
    std::printf("%s\n", all.dump(2).c_str());
}

int run(const StormVerb& asked) {
    const bool text = asked.format == "text";
    Totals totals;
    nlohmann::ordered_json failures = nlohmann::ordered_json::array();
    const double began = wall_seconds();
    Progress progress("storms", asked.seeds);
    in_parallel(
        asked.seeds, asked.trace ? 1 : asked.jobs,
        [&](std::size_t i) {
            return run_storm(asked.first_seed + i, asked.nodes, asked.trace ? &std::cout : nullptr);
        },
        [&](std::size_t i, const StormReport& report) {
            add_to(totals, report);
            progress.show(i + 1);
            if (report.passed()) return;
            if (text) std::fputs(failure_text(report).c_str(), stdout);
            failures.push_back(json_of(report));
        });
    totals.wall = wall_seconds() - began;
    std::sort(totals.converged.begin(), totals.converged.end());
    std::sort(totals.routed.begin(), totals.routed.end());
    if (text) {
        print_totals(asked, totals);
    } else {
        print_json(asked, totals, failures);
    }
    return totals.failed == 0 ? exit_well : exit_broken;
}

}  // namespace

void add_storm(CLI::App& program, int& status) {
    const auto asked = std::make_shared<StormVerb>();
    CLI::App* const verb = program.add_subcommand(
        "storm", "Random faults from a seed, then calm, then everybody must agree");
    verb->add_option("--seeds", asked->seeds, "How many storms, one a seed")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    verb->add_option("--first-seed", asked->first_seed, "The first storm's seed")
        ->capture_default_str();
    verb->add_option("--nodes", asked->nodes, "Nodes in each storm; 0: drawn from the seed")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    verb->add_flag("--trace", asked->trace, "Print every event");
    add_jobs(*verb, asked->jobs);
    add_format(*verb, asked->format);
    verb->callback([asked, &status] { status = run(*asked); });
}

}  // namespace scrimp::sim
