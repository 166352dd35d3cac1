#include "sim/reports.h"

#include <array>
#include <cstdio>

#include "sim/words.h"

namespace scrimp::sim {
namespace {

template <class... Values>
std::string print(const char* format, Values... values) {
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), format, values...);
    return text.data();
}

std::string hash_text(std::uint64_t hash) {
    return print("%016llx", static_cast<unsigned long long>(hash));
}

}  // namespace

std::string failure_text(const StormReport& report) {
    return "storm " + std::to_string(report.seed) + " of " + std::to_string(report.nodes) +
           " nodes FAILED (" + report.weather + ")\n" + report.complaint + report.disagreement +
           (report.disagreement.empty() ? "" : "\n") + "  replay: " + replay_command(report) + "\n";
}

std::string text_of(const PlayReport& report, bool details) {
    std::string text =
        report.name +
        print(": %zu nodes, seed %llu, %.0f s of virtual time, %llu events: %s\n", report.nodes,
              static_cast<unsigned long long>(report.seed), in_seconds(report.virtual_time),
              static_cast<unsigned long long>(report.events), report.passed() ? "ok" : "FAILED");
    for (const Outcome& outcome : report.outcomes) {
        if (!details && outcome.met) continue;
        text += "  line " + std::to_string(outcome.line) + ": " + outcome.text;
        text += outcome.met ? print(" (%.2f s)\n", in_seconds(outcome.after))
                            : " NOT MET: " + outcome.why + "\n";
    }
    text += report.complaint;
    if (!report.passed()) text += "  replay: " + replay_command(report) + "\n";
    return text;
}

nlohmann::ordered_json json_of(const StormReport& report) {
    return {{"seed", report.seed},
            {"nodes", report.nodes},
            {"weather", report.weather},
            {"passed", report.passed()},
            {"complaint", report.complaint},
            {"disagreement", report.disagreement},
            {"hash", hash_text(report.hash)},
            {"replay", replay_command(report)}};
}

nlohmann::ordered_json json_of(const PlayReport& report) {
    nlohmann::ordered_json outcomes = nlohmann::ordered_json::array();
    for (const Outcome& outcome : report.outcomes) {
        outcomes.push_back({{"line", outcome.line},
                            {"expectation", outcome.text},
                            {"met", outcome.met},
                            {"after_s", in_seconds(outcome.after)},
                            {"why", outcome.why}});
    }
    return {{"name", report.name},
            {"seed", report.seed},
            {"nodes", report.nodes},
            {"passed", report.passed()},
            {"complaint", report.complaint},
            {"expectations", outcomes},
            {"virtual_seconds", in_seconds(report.virtual_time)},
            {"events", report.events},
            {"hash", hash_text(report.hash)},
            {"replay", replay_command(report)}};
}

}  // namespace scrimp::sim
