// scrimplb-sim: clusters of simulated nodes on virtual time. See docs/simulation.md.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/suggest.h"
#include "sim/verbs.h"

namespace scrimp::sim {
namespace {

constexpr const char* description =
    "Scrimp LB's simulator: many nodes of the real membership protocol in one process, on virtual\n"
    "time, from one seed. Every run can be repeated exactly, and rules are checked at every "
    "event.\n";

constexpr const char* examples =
    "Examples:\n"
    "  scrimplb-sim check sim/scenarios                   500 storms and every scenario there\n"
    "  scrimplb-sim storm --seeds 500                     500 random storms; says how to replay "
    "one\n"
    "  scrimplb-sim storm --first-seed 42 --trace         storm 42, event by event\n"
    "  scrimplb-sim run sim/scenarios/split.txt           one scenario, and when it came true\n"
    "  scrimplb-sim detect --nodes 5 --loss 5%            how long a dead backend keeps its "
    "traffic\n"
    "\n"
    "Shares are written 5% or 0.05, spans of time 250ms or 1m30s. VERB --help lists its options.\n"
    "Exit status: 0 well, 1 a rule was broken or an expectation not met, 2 wrongly asked.\n";

constexpr std::array add_verbs{add_check,  add_storm,   add_run,       add_hashes,
                               add_detect, add_compare, add_lifeguard, add_spread};

/// A verb that does not exist, with the one that was meant. CLI11 would only call it unexpected.
bool complain_of_verb(const CLI::App& program, std::string_view word) {
    std::vector<std::string> names;
    for (const CLI::App* verb : program.get_subcommands({})) names.push_back(verb->get_name());
    if (word.starts_with('-') || std::ranges::count(names, word) != 0) return false;
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const auto meant = nearest(word, candidates);
    std::string message = "there is no verb '" + std::string(word) + "'; ";
    message += meant ? "did you mean '" + std::string(*meant) + "'?" : "--help lists them";
    complain({std::move(message)});
    return true;
}

int run_program(int argc, char** argv) {
    CLI::App program(description, "scrimplb-sim");
    program.footer(examples);
    program.set_version_flag("--version", std::string("scrimplb-sim " SCRIMP_VERSION));
    program.require_subcommand(1);
    program.failure_message([](const CLI::App*, const CLI::Error& error) {
        return "scrimplb-sim: " + std::string(error.what()) + "; --help lists what there is\n";
    });
    int status = exit_well;
    for (const auto add_verb : add_verbs) add_verb(program, status);
    if (argc > 1 && complain_of_verb(program, argv[1])) return exit_usage;
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? exit_well : exit_usage;
    }
    return status;
}

}  // namespace

int complain(const Error& error) {
    std::fprintf(stderr, "scrimplb-sim: %s\n", error.message.c_str());
    return exit_usage;
}

void add_format(CLI::App& verb, std::string& format) {
    verb.add_option("--format", format, "How to print: text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
}

void add_jobs(CLI::App& verb, std::size_t& jobs) {
    jobs = std::max(1U, std::thread::hardware_concurrency());
    verb.add_option("--jobs", jobs, "How many to run at the same time")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
}

}  // namespace scrimp::sim

int main(int argc, char** argv) {
    return scrimp::sim::run_program(argc, argv);
}
