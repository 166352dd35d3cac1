// scrimplb-sim spread: how fast news reach a cluster, beside the formula of Serf's simulator.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "sim/progress.h"
#include "sim/spread.h"
#include "sim/verbs.h"
#include "sim/words.h"

namespace scrimp::sim {
namespace {

struct SpreadVerb {
    std::vector<std::size_t> nodes{30, 100, 1000};
    std::string loss = "0%";
    std::string profile = "lan";
    double bound = 1.25;
    std::uint64_t seed = 1;
    std::string format = "text";
};

struct Measured {
    std::size_t nodes;
    Spread spread;
    double wall;
    double resident_bytes;  ///< Of the process, with the cluster in it.
};

/// Linux: pages, the second number of /proc/self/statm.
double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double all = 0;
    double resident = 0;
    file >> all >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// Whether 99 % heard it within `bound` times the formula.
bool keeps(const SpreadCurve& curve, const swim::Config& config, std::size_t nodes, double bound) {
    constexpr std::size_t nearly_all = 2;
    if (curve.reached_after.size() <= nearly_all) return false;
    const Duration formula = spread_formula(config, nodes, spread_shares[nearly_all]);
    return in_seconds(curve.reached_after[nearly_all]) <= bound * in_seconds(formula);
}

void print_text(const SpreadVerb& asked, const swim::Config& config, const Measured& measured) {
    const auto& [nodes, spread, wall, bytes] = measured;
    std::printf("%zu nodes, profile %s, loss %s\n", nodes, asked.profile.c_str(),
                asked.loss.c_str());
    std::printf("  %-10s %8s %8s %8s %8s\n", "seconds to", "50 %", "90 %", "99 %", "all");
    std::printf("  %-10s", "formula");
    for (const double share : spread_shares) {
        std::printf(" %8.1f", in_seconds(spread_formula(config, nodes, share)));
    }
    std::printf("\n");
    for (const SpreadCurve& curve : spread.curves) {
        std::printf("  %-10s", curve.news.c_str());
        for (const Duration time : curve.reached_after) std::printf(" %8.3f", in_seconds(time));
        std::printf("%s\n", keeps(curve, config, nodes, asked.bound) ? "" : "  TOO SLOW");
    }
    std::printf("  the death was declared %.2f s after the crash\n",
                in_seconds(spread.death_declared));
    std::printf("  at rest a node sends %.0f bytes and %.1f packets a second\n",
                spread.bytes_per_node_second, spread.packets_per_node_second);
    std::printf(
        "  %.1f virtual s in %.1f s: %.2f a second, %.0f events a second; %.0f kB a node\n\n",
        in_seconds(spread.virtual_time), wall, in_seconds(spread.virtual_time) / wall,
        static_cast<double>(spread.events) / wall, bytes / 1000 / static_cast<double>(nodes));
    if (!spread.complaint.empty()) std::printf("%s\n", spread.complaint.c_str());
    std::fflush(stdout);
}

nlohmann::ordered_json json_of(const swim::Config& config, const Measured& measured) {
    nlohmann::ordered_json curves;
    for (const SpreadCurve& curve : measured.spread.curves) {
        nlohmann::ordered_json times = nlohmann::ordered_json::array();
        for (const Duration time : curve.reached_after) times.push_back(in_seconds(time));
        curves[curve.news] = {
            {"audience", curve.audience}, {"reached", curve.reached}, {"reached_after_s", times}};
    }
    nlohmann::ordered_json formula = nlohmann::ordered_json::array();
    for (const double share : spread_shares) {
        formula.push_back(in_seconds(spread_formula(config, measured.nodes, share)));
    }
    return {{"nodes", measured.nodes},
            {"shares", spread_shares},
            {"formula_s", formula},
            {"curves", curves},
            {"death_declared_s", in_seconds(measured.spread.death_declared)},
            {"bytes_per_node_second", measured.spread.bytes_per_node_second},
            {"packets_per_node_second", measured.spread.packets_per_node_second},
            {"virtual_seconds", in_seconds(measured.spread.virtual_time)},
            {"wall_seconds", measured.wall},
            {"events", measured.spread.events},
            {"resident_bytes", measured.resident_bytes},
            {"complaint", measured.spread.complaint}};
}

int run(const SpreadVerb& asked) {
    const auto loss = parse_share(asked.loss);
    const auto config = parse_profile(asked.profile);
    if (!loss) return complain({"--loss: " + loss.error().message});
    if (!config) return complain({"--profile: " + config.error().message});
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    bool well = true;
    for (const std::size_t nodes : asked.nodes) {
        SpreadOptions options{.options = {.config = *config, .quality = {}}};
        options.options.quality.loss = *loss;
        options.nodes = nodes;
        options.seed = asked.seed;
        Measured measured{nodes, {}, 0, 0};
        const double began = wall_seconds();
        measured.spread =
            measure_spread(options, [&] { measured.resident_bytes = resident_bytes(); });
        measured.wall = wall_seconds() - began;
        well = well && measured.spread.complaint.empty() &&
               std::all_of(measured.spread.curves.begin(), measured.spread.curves.end(),
                           [&](const SpreadCurve& curve) {
                               return keeps(curve, *config, nodes, asked.bound);
                           });
        if (asked.format == "text") print_text(asked, *config, measured);
        all.push_back(json_of(*config, measured));
    }
    if (asked.format == "json") std::printf("%s\n", all.dump(2).c_str());
    return well ? exit_well : exit_broken;
}

}  // namespace

void add_spread(CLI::App& program, int& status) {
    const auto asked = std::make_shared<SpreadVerb>();
    CLI::App* const verb = program.add_subcommand(
        "spread", "How fast a join, a death and a change reach everybody, up to 10,000 nodes");
    verb->add_option("--nodes", asked->nodes, "Nodes of each cluster; ten thousand take 4 GB")
        ->delimiter(',')
        ->check(CLI::Range(4, 20'000))
        ->capture_default_str();
    verb->add_option("--loss", asked->loss, "Share of datagrams and segments that are lost")
        ->capture_default_str();
    verb->add_option("--profile", asked->profile, "lan, wan, local or original")
        ->capture_default_str();
    verb->add_option("--bound", asked->bound,
                     "Exit status 1 if 99 % take longer than so many times the formula")
        ->capture_default_str();
    verb->add_option("--seed", asked->seed, "Another seed, other chance")->capture_default_str();
    add_format(*verb, asked->format);
    verb->callback([asked, &status] { status = run(*asked); });
}

}  // namespace scrimp::sim
