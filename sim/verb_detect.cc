// scrimplb-sim detect: how long a dead backend keeps its traffic.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/detection.h"
#include "sim/verbs.h"
#include "sim/words.h"

namespace scrimp::sim {
namespace {

struct DetectVerb {
    std::size_t nodes = 3;
    std::size_t runs = 200;
    std::uint64_t seed = 1;
    std::string loss = "0%";
    std::string crash = "process";
    std::string profile = "lan";
    std::string quiet = "1m";
    std::string format = "text";
};

// A picture that fits beside a prompt: at most so many rows, each at most so wide.
constexpr std::size_t histogram_rows_max = 24;
constexpr double histogram_columns = 50;

/// Width of a row: the smallest of 1, 2 and 5 times a power of ten that gives few enough rows.
double row_seconds(double longest) {
    for (double power = 0.01;; power *= 10) {
        for (const double step : {1.0, 2.0, 5.0}) {
            const double width = step * power;
            if (longest / width < static_cast<double>(histogram_rows_max)) return width;
        }
    }
}

void print_histogram(const std::vector<Duration>& sorted) {
    const double width = row_seconds(in_seconds(sorted.back()));
    const auto row_of = [&](Duration span) {
        return static_cast<std::size_t>(in_seconds(span) / width);
    };
    std::vector<std::size_t> rows(row_of(sorted.back()) + 1);
    for (const Duration span : sorted) ++rows[row_of(span)];
    const double most = static_cast<double>(*std::max_element(rows.begin(), rows.end()));
    for (std::size_t row = row_of(sorted.front()); row < rows.size(); ++row) {
        const double share = static_cast<double>(rows[row]);
        const auto bar = static_cast<std::size_t>(std::ceil(share / most * histogram_columns));
        std::printf("%7.2f s %6zu %s\n", static_cast<double>(row) * width, rows[row],
                    std::string(bar, '#').c_str());
    }
}

void print_row(const char* who, const std::vector<Duration>& sorted) {
    std::printf("%-22s %8.2f %8.2f %8.2f %8.2f\n", who, in_seconds(percentile(sorted, 0.5)),
                in_seconds(percentile(sorted, 0.9)), in_seconds(percentile(sorted, 0.99)),
                in_seconds(sorted.back()));
}

void print_text(const DetectVerb& asked, const Detection& found) {
    std::printf("One backend of %zu nodes dies (%s), %zu times; profile %s, loss %s.\n\n",
                asked.nodes,
                asked.crash == "machine" ? "its machine is gone without a word"
                                         : "its process is killed, its kernel refuses connections",
                asked.runs, asked.profile.c_str(), asked.loss.c_str());
    if (!found.balancer.empty()) {
        std::printf("%-22s %8s %8s %8s %8s\n", "seconds until it is out", "median", "90 %", "99 %",
                    "most");
        print_row("of the balancer", found.balancer);
        if (!found.everyone.empty()) print_row("of every node", found.everyone);
        std::printf("\nHow long it keeps its traffic (runs by seconds, the balancer's view):\n");
        print_histogram(found.balancer);
    }
    std::printf("\n%zu of %zu runs in which somebody had not noticed within two minutes\n",
                found.undetected, asked.runs);
    std::printf("%zu deaths declared of nodes that ran, in %.1f node-hours\n", found.false_deaths,
                found.node_hours);
    std::printf("%.0f bytes of gossip sent by a node each second, without IP headers\n",
                found.bytes_per_node_second);
}

void print_json(const DetectVerb& asked, const Detection& found) {
    const auto row = [](const std::vector<Duration>& sorted) -> nlohmann::ordered_json {
        if (sorted.empty()) return nullptr;
        return {{"median", in_seconds(percentile(sorted, 0.5))},
                {"p90", in_seconds(percentile(sorted, 0.9))},
                {"p99", in_seconds(percentile(sorted, 0.99))},
                {"max", in_seconds(sorted.back())}};
    };
    nlohmann::ordered_json each = nlohmann::ordered_json::array();
    for (const Duration span : found.balancer) each.push_back(in_seconds(span));
    const nlohmann::ordered_json all{{"nodes", asked.nodes},
                                     {"loss", parse_share(asked.loss).value()},
                                     {"crash", asked.crash},
                                     {"profile", asked.profile},
                                     {"runs", asked.runs},
                                     {"seed", asked.seed},
                                     {"balancer_s", row(found.balancer)},
                                     {"everyone_s", row(found.everyone)},
                                     {"undetected", found.undetected},
                                     {"false_deaths", found.false_deaths},
                                     {"node_hours", found.node_hours},
                                     {"bytes_per_node_second", found.bytes_per_node_second},
                                     {"balancer_each_s", each}};
    std::printf("%s\n", all.dump(2).c_str());
}

int run(const DetectVerb& asked) {
    const auto loss = parse_share(asked.loss);
    const auto config = parse_profile(asked.profile);
    const auto quiet = parse_span(asked.quiet);
    if (!loss) return complain({"--loss: " + loss.error().message});
    if (!config) return complain({"--profile: " + config.error().message});
    if (!quiet) return complain({"--quiet: " + quiet.error().message});
    DetectionOptions options;
    options.options.config = *config;
    options.options.quality.loss = *loss;
    options.nodes = asked.nodes;
    options.runs = asked.runs;
    options.quiet = *quiet;
    options.silent = asked.crash == "machine";
    options.seed = asked.seed;
    const Detection found = measure_detection(options);
    if (asked.format == "text") {
        print_text(asked, found);
    } else {
        print_json(asked, found);
    }
    return exit_well;
}

}  // namespace

void add_detect(CLI::App& program, int& status) {
    const auto asked = std::make_shared<DetectVerb>();
    CLI::App* const verb =
        program.add_subcommand("detect", "How long a dead backend keeps its traffic");
    verb->add_option("--nodes", asked->nodes, "Nodes of the cluster, the balancer among them")
        ->check(CLI::Range(2, 1000))
        ->capture_default_str();
    verb->add_option("--loss", asked->loss, "Share of datagrams and segments that are lost")
        ->capture_default_str();
    verb->add_option("--crash", asked->crash, "What dies: the process, or the whole machine")
        ->check(CLI::IsMember({"process", "machine"}))
        ->capture_default_str();
    verb->add_option("--profile", asked->profile, "lan, wan, local or original")
        ->capture_default_str();
    verb->add_option("--runs", asked->runs, "How many clusters lose a backend")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    verb->add_option("--quiet", asked->quiet, "How long each lives before, to be accused falsely")
        ->capture_default_str();
    verb->add_option("--seed", asked->seed, "Another seed, other runs")->capture_default_str();
    add_format(*verb, asked->format);
    verb->callback([asked, &status] { status = run(*asked); });
}

}  // namespace scrimp::sim
