// scrimplb-sim lifeguard: tables IV to VII of the Lifeguard paper on our nodes, as ratios beside
// the paper's own.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/detection.h"
#include "sim/lifeguard.h"
#include "sim/parallel.h"
#include "sim/progress.h"
#include "sim/verbs.h"
#include "sim/words.h"

namespace scrimp::sim {
namespace {

using Milliseconds = std::vector<std::uint32_t>;

struct LifeguardVerb {
    std::size_t agents = 128;
    std::vector<std::size_t> slow{4, 16, 32};
    Milliseconds blocked{8192, 32768};
    Milliseconds open{64, 1024};
    Milliseconds lasting{16384, 32768};
    std::size_t runs = 1;
    std::size_t latency_runs = 2;
    std::uint64_t seed = 1;
    std::size_t jobs = 1;
    bool full = false;
    bool patience = true;
    std::string format = "text";
};

/// The paper's whole grid.
void take_full_grid(LifeguardVerb& asked) {
    asked.slow = {1, 4, 8, 12, 16, 20, 24, 28, 32};
    asked.blocked = asked.lasting = {128, 512, 2048, 8192, 16384, 32768};
    asked.open = {1, 4, 16, 64, 256, 1024, 4096, 16384};
}

/// A row: what the paper measured in percent of SWIM, and what we did.
struct Row {
    std::string name;
    swim::Config config;
    IntervalOutcome load{};
    std::vector<Duration> first{};
    std::vector<Duration> full{};
};

struct Task {
    std::size_t row;
    bool lasting;
    Anomalies anomalies;
    std::uint64_t seed;
};

/// The same slow agents for every row.
std::vector<Task> tasks_of(const LifeguardVerb& asked, std::size_t rows) {
    std::vector<Task> tasks;
    for (std::size_t row = 0; row < rows; ++row) {
        std::uint64_t seed = asked.seed;
        for (const std::size_t slow : asked.slow) {
            for (const std::uint32_t blocked : asked.blocked) {
                for (const std::uint32_t open : asked.open) {
                    const Anomalies anomalies{asked.agents, slow,
                                              std::chrono::milliseconds{blocked},
                                              std::chrono::milliseconds{open}};
                    for (std::size_t run = 0; run < asked.runs; ++run) {
                        tasks.push_back({row, false, anomalies, ++seed});
                    }
                }
            }
            for (const std::uint32_t blocked : asked.lasting) {
                const Anomalies anomalies{
                    asked.agents, slow, std::chrono::milliseconds{blocked}, {}};
                for (std::size_t run = 0; run < asked.latency_runs; ++run) {
                    tasks.push_back({row, true, anomalies, ++seed});
                }
            }
        }
    }
    return tasks;
}

struct Outcome {
    IntervalOutcome interval;
    ThresholdOutcome threshold;
};

Outcome perform(const Task& task, const swim::Config& config) {
    Outcome outcome;
    if (task.lasting) {
        outcome.threshold = run_threshold(config, task.anomalies, task.seed);
    } else {
        outcome.interval = run_interval(config, task.anomalies, task.seed);
    }
    return outcome;
}

void add_to(Row& row, const Outcome& outcome) {
    row.load.false_deaths += outcome.interval.false_deaths;
    row.load.false_deaths_at_healthy += outcome.interval.false_deaths_at_healthy;
    row.load.packets += outcome.interval.packets;
    row.load.bytes += outcome.interval.bytes;
    const auto append = [](std::vector<Duration>& to, const std::vector<Duration>& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    append(row.first, outcome.threshold.first);
    append(row.full, outcome.threshold.full);
}

std::vector<Row> measure(const LifeguardVerb& asked, std::vector<Row> rows) {
    const std::vector<Task> tasks = tasks_of(asked, rows.size());
    Progress progress("runs", tasks.size());
    in_parallel(
        tasks.size(), asked.jobs,
        [&](std::size_t i) { return perform(tasks[i], rows[tasks[i].row].config); },
        [&](std::size_t i, const Outcome& outcome) {
            add_to(rows[tasks[i].row], outcome);
            progress.show(i + 1);
        });
    for (Row& row : rows) {
        std::sort(row.first.begin(), row.first.end());
        std::sort(row.full.begin(), row.full.end());
    }
    return rows;
}

/// In percent; nothing where there is nothing to compare with.
std::optional<double> percent(double part, double whole) {
    if (whole == 0) return std::nullopt;
    return 100 * part / whole;
}
std::optional<double> percent(std::uint64_t part, std::uint64_t whole) {
    return percent(static_cast<double>(part), static_cast<double>(whole));
}
std::optional<double> percent(const std::vector<Duration>& part, const std::vector<Duration>& whole,
                              double share) {
    if (part.empty() || whole.empty()) return std::nullopt;
    return percent(in_seconds(percentile(part, share)), in_seconds(percentile(whole, share)));
}

/// A column of a table: a title, the paper's figures (one a row, if it has that row) and ours.
struct Figure {
    std::string title;
    std::vector<double> paper;
    std::vector<std::optional<double>> ours;
};
struct Table {
    std::string title;
    std::vector<std::string> rows;
    std::vector<Figure> figures;
};

template <class Ratio>
Figure figure_of(std::string title, std::vector<double> paper, const std::vector<Row>& rows,
                 Ratio&& ratio) {
    Figure figure{std::move(title), std::move(paper), {}};
    for (const Row& row : rows) figure.ours.push_back(ratio(row));
    return figure;
}

std::vector<std::string> names_of(const std::vector<Row>& rows) {
    std::vector<std::string> names;
    for (const Row& row : rows) names.push_back(row.name);
    return names;
}

std::vector<Table> parts_tables(const std::vector<Row>& rows) {
    const Row& swim = rows.front();
    const auto latency = [&](double share, bool full) {
        return [&swim, share, full](const Row& row) {
            return full ? percent(row.full, swim.full, share)
                        : percent(row.first, swim.first, share);
        };
    };
    return {
        {"Table IV, false deaths (interval experiment)",
         names_of(rows),
         {figure_of("FP", {100, 67.72, 3.00, 94.08, 1.53}, rows,
                    [&](const Row& row) {
                        return percent(row.load.false_deaths, swim.load.false_deaths);
                    }),
          figure_of("FP-", {100, 32.88, 6.71, 44.57, 1.89}, rows,
                    [&](const Row& row) {
                        return percent(row.load.false_deaths_at_healthy,
                                       swim.load.false_deaths_at_healthy);
                    })}},
        {"Table V, how soon the slow are found out (threshold experiment)",
         names_of(rows),
         {figure_of("median first", {100, 99.84, 99.84, 100.08, 100.08}, rows, latency(0.5, false)),
          figure_of("99 % first", {100, 104.66, 103.01, 100.94, 105.54}, rows,
                    latency(0.99, false)),
          figure_of("median full", {100, 100, 99.92, 100.16, 100.08}, rows, latency(0.5, true)),
          figure_of("99 % full", {100, 106.20, 102.36, 101.48, 106.62}, rows,
                    latency(0.99, true))}},
        {"Table VI, load (interval experiment)",
         names_of(rows),
         {figure_of("messages", {100, 98.46, 111.31, 100.07, 110.59}, rows,
                    [&](const Row& row) { return percent(row.load.packets, swim.load.packets); }),
          figure_of("bytes", {100, 90.03, 106.52, 99.01, 97.97}, rows,
                    [&](const Row& row) { return percent(row.load.bytes, swim.load.bytes); })}},
    };
}

Table patience_table(const Row& swim, const std::vector<Row>& rows) {
    const auto first = [&](double share) {
        return [&swim, share](const Row& row) { return percent(row.first, swim.first, share); };
    };
    return {
        "Table VII, alpha and beta of Lifeguard (both experiments)",
        names_of(rows),
        {figure_of("median first", {53.14, 54.10, 54.34, 82.96, 83.04, 83.12, 99.76, 99.52, 100.08},
                   rows, first(0.5)),
         figure_of("99 % first", {69.81, 72.88, 75.53, 94.28, 96.17, 96.82, 104.95, 102.71, 105.54},
                   rows, first(0.99)),
         figure_of("FP", {98.37, 43.64, 24.16, 37.72, 8.04, 3.18, 26.61, 5.43, 1.53}, rows,
                   [&](const Row& row) {
                       return percent(row.load.false_deaths, swim.load.false_deaths);
                   }),
         figure_of("FP-", {31.15, 22.47, 13.65, 20.29, 9.50, 4.83, 15.38, 5.05, 1.89}, rows,
                   [&](const Row& row) {
                       return percent(row.load.false_deaths_at_healthy,
                                      swim.load.false_deaths_at_healthy);
                   })}};
}

void print(const Table& table) {
    std::printf("\n%s\n%-16s", table.title.c_str(), "% of SWIM");
    for (const Figure& figure : table.figures)
        std::printf(" %12s %7s", figure.title.c_str(), "paper");
    std::printf("\n");
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        std::printf("%-16s", table.rows[row].c_str());
        for (const Figure& figure : table.figures) {
            const auto text = [](std::optional<double> value) {
                if (!value) return std::string("-");
                char digits[32];
                std::snprintf(digits, sizeof digits, "%.2f", *value);
                return std::string(digits);
            };
            const auto paper =
                row < figure.paper.size() ? std::optional(figure.paper[row]) : std::nullopt;
            std::printf(" %12s %7s", text(figure.ours[row]).c_str(), text(paper).c_str());
        }
        std::printf("\n");
    }
}

nlohmann::ordered_json json_of(const Table& table) {
    nlohmann::ordered_json rows;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        nlohmann::ordered_json& out = rows[table.rows[row]];
        for (const Figure& figure : table.figures) {
            nlohmann::ordered_json& cell = out[figure.title];
            cell["ours"] = figure.ours[row] ? nlohmann::ordered_json(*figure.ours[row]) : nullptr;
            cell["paper"] =
                row < figure.paper.size() ? nlohmann::ordered_json(figure.paper[row]) : nullptr;
        }
    }
    return {{"title", table.title}, {"percent_of_swim", rows}};
}

/// Each row in its own terms, so that what the ratios stand on is seen.
void print_counts(const std::vector<Row>& rows) {
    std::printf("%-16s %9s %9s %10s %9s %12s %12s %6s\n", "", "FP", "FP-", "messages", "MB",
                "first, s", "full, s", "found");
    for (const Row& row : rows) {
        std::printf("%-16s %9llu %9llu %10llu %9.1f", row.name.c_str(),
                    static_cast<unsigned long long>(row.load.false_deaths),
                    static_cast<unsigned long long>(row.load.false_deaths_at_healthy),
                    static_cast<unsigned long long>(row.load.packets),
                    static_cast<double>(row.load.bytes) / 1e6);
        for (const auto* times : {&row.first, &row.full}) {
            if (times->empty()) {
                std::printf(" %12s", "-");
            } else {
                std::printf(" %5.2f %6.2f", in_seconds(percentile(*times, 0.5)),
                            in_seconds(percentile(*times, 0.99)));
            }
        }
        std::printf(" %6zu\n", row.first.size());
    }
}

nlohmann::ordered_json json_of(const Row& row) {
    const auto times = [](const std::vector<Duration>& sorted) -> nlohmann::ordered_json {
        if (sorted.empty()) return nullptr;
        return {{"median_s", in_seconds(percentile(sorted, 0.5))},
                {"p99_s", in_seconds(percentile(sorted, 0.99))},
                {"count", sorted.size()}};
    };
    return {{"name", row.name},
            {"false_deaths", row.load.false_deaths},
            {"false_deaths_at_healthy", row.load.false_deaths_at_healthy},
            {"messages", row.load.packets},
            {"bytes", row.load.bytes},
            {"first", times(row.first)},
            {"full", times(row.full)}};
}

int run(LifeguardVerb asked) {
    if (asked.full) take_full_grid(asked);
    for (const std::size_t slow : asked.slow) {
        if (slow < asked.agents) continue;
        return complain({"--slow: of " + std::to_string(asked.agents) + " agents, " +
                         std::to_string(slow) + " leave none to look on"});
    }
    std::vector<Row> rows;
    for (auto& [name, config] : paper_settings()) rows.push_back({name, config});
    const std::size_t parts = rows.size();
    if (asked.patience) {
        for (auto& [name, config] : paper_patience()) rows.push_back({name, config});
    }
    const double began = wall_seconds();
    rows = measure(asked, std::move(rows));
    const double took = wall_seconds() - began;

    const std::vector<Row> first(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(parts));
    std::vector<Row> rest(rows.begin() + static_cast<std::ptrdiff_t>(parts), rows.end());
    rest.push_back(*std::find_if(rows.begin(), rows.end(),
                                 [](const Row& row) { return row.name == "Lifeguard"; }));
    rest.back().name = "alpha 5 beta 6";
    std::vector<Table> tables = parts_tables(first);
    if (asked.patience) tables.push_back(patience_table(first.front(), rest));
    if (asked.format == "json") {
        nlohmann::ordered_json all{{"agents", asked.agents},      {"slow", asked.slow},
                                   {"blocked_ms", asked.blocked}, {"open_ms", asked.open},
                                   {"lasting_ms", asked.lasting}, {"runs", asked.runs},
                                   {"seed", asked.seed},          {"wall_seconds", took}};
        for (const Row& row : rows) all["rows"].push_back(json_of(row));
        for (const Table& table : tables) all["tables"].push_back(json_of(table));
        std::printf("%s\n", all.dump(2).c_str());
        return exit_well;
    }
    print_counts(rows);
    for (const Table& table : tables) print(table);
    std::printf("\n%.0f s\n", took);
    return exit_well;
}

}  // namespace

void add_lifeguard(CLI::App& program, int& status) {
    const auto asked = std::make_shared<LifeguardVerb>();
    CLI::App* const verb = program.add_subcommand(
        "lifeguard", "The tables of the Lifeguard paper: slow agents, and who is accused for it");
    verb->add_option("--agents", asked->agents, "Agents of each run")
        ->check(CLI::Range(3, 1000))
        ->capture_default_str();
    verb->add_option("--slow", asked->slow, "How many of them are slow; several: one after another")
        ->delimiter(',')
        ->capture_default_str();
    verb->add_option("--blocked", asked->blocked, "Milliseconds for which they block each time")
        ->check(CLI::PositiveNumber)
        ->delimiter(',')
        ->capture_default_str();
    verb->add_option("--open", asked->open, "Milliseconds between two blocks")
        ->check(CLI::PositiveNumber)
        ->delimiter(',')
        ->capture_default_str();
    verb->add_option("--lasting", asked->lasting, "Milliseconds of the one block that is found out")
        ->check(CLI::PositiveNumber)
        ->delimiter(',')
        ->capture_default_str();
    verb->add_option("--runs", asked->runs, "Runs of each combination")->capture_default_str();
    verb->add_option("--latency-runs", asked->latency_runs, "Runs of each lasting block")
        ->capture_default_str();
    verb->add_option("--seed", asked->seed, "Another seed, other slow agents")
        ->capture_default_str();
    verb->add_flag("--full", asked->full, "The paper's whole grid: 432 combinations, many hours");
    verb->add_flag("--table-vii,!--no-table-vii", asked->patience,
                   "Also with the other values of alpha and beta");
    add_jobs(*verb, asked->jobs);
    add_format(*verb, asked->format);
    verb->callback([asked, &status] { status = run(*asked); });
}

}  // namespace scrimp::sim
