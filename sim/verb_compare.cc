// scrimplb-sim compare: our detection of failures beside the original's, the same clusters for
// both.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "sim/accusation.h"
#include "sim/detection.h"
#include "sim/verbs.h"
#include "sim/words.h"

namespace scrimp::sim {
namespace {

struct CompareVerb {
    std::vector<std::size_t> nodes{3, 5, 10};
    std::size_t runs = 300;
    std::string watched = "2h";
    std::uint64_t seed = 1;
    bool skip_detection = false;
    bool skip_accusations = false;
};

struct Side {
    const char* name;
    swim::Config config;
};

/// The original: its settings, and nothing that it did not have. A suspicion that a refused stream
/// shortens is ours, so it is off.
std::vector<Side> sides() {
    swim::Config original = swim::original_profile();
    original.suspicion_after_refusal = std::chrono::hours{1};
    original.suspicion_after_two_refusals = std::chrono::hours{1};
    original.stranger_interval = Duration::zero();
    return {{"original", original}, {"ours", swim::lan_profile()}};
}

void compare_detection(const CompareVerb& asked) {
    std::printf("Seconds from the crash to the balancer's knowledge, and to everyone's\n");
    std::printf("%-8s %5s %5s %-9s %7s %7s %7s %7s %7s %6s %6s\n", "crash", "nodes", "loss",
                "settings", "median", "99 %", "most", "median", "99 %", "false", "B/s");
    for (const bool silent : {false, true}) {
        for (const std::size_t nodes : asked.nodes) {
            for (const double loss : {0.0, 0.05, 0.3}) {
                for (const Side& side : sides()) {
                    DetectionOptions options;
                    options.options.config = side.config;
                    options.options.quality.loss = loss;
                    options.nodes = nodes;
                    options.runs = asked.runs;
                    options.silent = silent;
                    options.seed = asked.seed;
                    const Detection found = measure_detection(options);
                    if (found.balancer.empty() || found.everyone.empty()) continue;
                    std::printf("%-8s %5zu %4.0f%% %-9s %7.2f %7.2f %7.2f %7.2f %7.2f %6zu %6.0f\n",
                                silent ? "machine" : "process", nodes, loss * 100, side.name,
                                in_seconds(percentile(found.balancer, 0.5)),
                                in_seconds(percentile(found.balancer, 0.99)),
                                in_seconds(found.balancer.back()),
                                in_seconds(percentile(found.everyone, 0.5)),
                                in_seconds(percentile(found.everyone, 0.99)), found.false_deaths,
                                found.bytes_per_node_second);
                    std::fflush(stdout);
                }
            }
        }
    }
}

void compare_accusations(const CompareVerb& asked, Duration watched) {
    std::printf("\nFalse suspicions and deaths of nodes that ran, in %.1f h of each cluster\n",
                in_seconds(watched) / 3600);
    std::printf("%-22s %5s %5s %-9s %10s %7s %6s\n", "trouble", "nodes", "loss", "settings",
                "suspicions", "deaths", "B/s");
    for (const Trouble trouble : {Trouble::None, Trouble::SlowNode, Trouble::Pauses}) {
        for (const std::size_t nodes : asked.nodes) {
            for (const double loss : {0.0, 0.05, 0.15, 0.3}) {
                for (const Side& side : sides()) {
                    AccusationOptions options;
                    options.options.config = side.config;
                    options.options.quality.loss = loss;
                    options.nodes = nodes;
                    options.trouble = trouble;
                    options.watched = watched;
                    options.seed = asked.seed;
                    const Accusations found = count_accusations(options);
                    std::printf("%-22s %5zu %4.0f%% %-9s %10zu %7zu %6.0f\n", name_of(trouble),
                                nodes, loss * 100, side.name, found.suspicions, found.deaths,
                                found.bytes_per_node_second);
                    std::fflush(stdout);
                }
            }
        }
    }
}

int run(const CompareVerb& asked) {
    const auto watched = parse_span(asked.watched);
    if (!watched) return complain({"--watched: " + watched.error().message});
    if (!asked.skip_detection) compare_detection(asked);
    if (!asked.skip_accusations) compare_accusations(asked, *watched);
    return exit_well;
}

}  // namespace

void add_compare(CLI::App& program, int& status) {
    const auto asked = std::make_shared<CompareVerb>();
    CLI::App* const verb = program.add_subcommand(
        "compare", "Our detection of failures beside the original's: speed, false deaths, bytes");
    verb->add_option("--nodes", asked->nodes, "Sizes of the clusters")
        ->check(CLI::Range(2, 1000))
        ->capture_default_str();
    verb->add_option("--runs", asked->runs, "Crashes in each row")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    verb->add_option("--watched", asked->watched,
                     "How long each cluster is watched for accusations")
        ->capture_default_str();
    verb->add_option("--seed", asked->seed, "Another seed, other runs")->capture_default_str();
    verb->add_flag("--no-detection", asked->skip_detection, "Leave the crashes out");
    verb->add_flag("--no-accusations", asked->skip_accusations, "Leave the watching out");
    verb->callback([asked, &status] { status = run(*asked); });
}

}  // namespace scrimp::sim
