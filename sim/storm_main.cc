// scrimplb-storm: many storms in a row, or many crashes in a row, for as long as one likes.
//
//   scrimplb-storm --seeds 500              500 storms from seed 1; exit 1 if one failed
//   scrimplb-storm --first-seed 42 --seeds 1 --nodes 9 --trace     one storm, told event by event
//   scrimplb-storm --detect --runs 200      how long a dead backend is taken for alive
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>

#include "sim/detection.h"
#include "sim/storm.h"

namespace scrimp::sim {
namespace {

double seconds(Duration span) {
    return std::chrono::duration<double>(span).count();
}

/// The only clock of the simulator: for the rate it prints, never for what it does.
double wall_seconds() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

void print_spans(const char* what, std::vector<Duration>& spans) {
    if (spans.empty()) return;
    std::sort(spans.begin(), spans.end());
    std::printf("%s: median %.1f s, most %.1f s, of %zu\n", what, seconds(percentile(spans, 0.5)),
                seconds(spans.back()), spans.size());
}

int run_storms(std::uint64_t first, std::uint64_t count, std::size_t nodes, bool trace) {
    std::uint64_t failed = 0;
    std::uint64_t events = 0;
    Duration virtual_time{};
    std::vector<Duration> calms;
    std::vector<Duration> routings;
    const double began = wall_seconds();
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const StormReport report = run_storm(seed, nodes, trace ? &std::cout : nullptr);
        events += report.events;
        virtual_time += report.virtual_time;
        if (report.converged_after) calms.push_back(*report.converged_after);
        if (report.routed_after) routings.push_back(*report.routed_after);
        if (report.passed()) continue;
        ++failed;
        std::printf("storm %llu of %zu nodes (%s) FAILED\n%s%s\n  replay: %s\n",
                    static_cast<unsigned long long>(seed), report.nodes, report.weather.c_str(),
                    report.complaint.c_str(), report.disagreement.c_str(),
                    replay_command(report).c_str());
    }
    const double took = wall_seconds() - began;
    std::printf(
        "%llu storms, seeds %llu to %llu: %llu failed; %.1f virtual hours, %llu events "
        "(%.0f a second) in %.1f s\n",
        static_cast<unsigned long long>(count), static_cast<unsigned long long>(first),
        static_cast<unsigned long long>(first + count - 1), static_cast<unsigned long long>(failed),
        seconds(virtual_time) / 3600, static_cast<unsigned long long>(events),
        static_cast<double>(events) / took, took);
    print_spans("converged after the storm", calms);
    print_spans("all routed after that", routings);
    return failed == 0 ? 0 : 1;
}

void print_detection(const char* profile, const swim::Config& config, std::size_t nodes,
                     double loss, std::size_t runs, bool silent) {
    DetectionOptions options;
    options.options.config = config;
    options.options.quality.loss = loss;
    options.nodes = nodes;
    options.runs = runs;
    options.silent = silent;
    const Detection found = measure_detection(options);
    if (found.balancer.empty() || found.everyone.empty()) return;
    std::printf("%-8s %-7s %5zu %4.0f%%  %6.2f %6.2f %6.2f  %6.2f %6.2f  %5zu in %5.1f h %5.0f\n",
                profile, silent ? "machine" : "process", nodes, loss * 100,
                seconds(percentile(found.balancer, 0.5)), seconds(percentile(found.balancer, 0.99)),
                seconds(found.balancer.back()), seconds(percentile(found.everyone, 0.5)),
                seconds(found.everyone.back()), found.false_deaths, found.node_hours,
                found.bytes_per_node_second);
}

int run_detection(std::size_t runs) {
    std::printf("crash to known, seconds           balancer               everyone      false\n");
    std::printf(
        "profile  of      nodes  loss  median   99 %%    max  median    max  deaths"
        "  node-hours  B/s\n");
    for (const bool silent : {false, true}) {
        for (const std::size_t nodes : {3U, 5U, 20U}) {
            for (const double loss : {0.0, 0.05}) {
                print_detection("lan", swim::lan_profile(), nodes, loss, runs, silent);
                print_detection("original", swim::original_profile(), nodes, loss, runs, silent);
            }
        }
    }
    return 0;
}

}  // namespace
}  // namespace scrimp::sim

int main(int argc, char** argv) {
    CLI::App app(
        "Runs simulated clusters through storms, or measures how fast they notice a crash");
    std::uint64_t seeds = 100;
    std::uint64_t first_seed = 1;
    std::size_t nodes = 0;
    std::size_t runs = 100;
    bool trace = false;
    bool detect = false;
    app.add_option("--seeds", seeds, "How many storms");
    app.add_option("--first-seed", first_seed, "The first storm's seed");
    app.add_option("--nodes", nodes, "Nodes in each storm; 0: drawn from the seed");
    app.add_flag("--trace", trace, "Print every event");
    app.add_flag("--detect", detect, "Measure detection times instead");
    app.add_option("--runs", runs, "Crashes in each row of --detect");
    CLI11_PARSE(app, argc, argv);
    return detect ? scrimp::sim::run_detection(runs)
                  : scrimp::sim::run_storms(first_seed, seeds, nodes, trace);
}
