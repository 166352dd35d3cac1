// The verbs of scrimplb-sim. Each adds its subcommand to the program's command line, and sets the
// exit status when it was asked for and has run. One file a verb: verb_NAME.cc.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/result.h"

namespace scrimp::sim {

inline constexpr int exit_well = 0;
inline constexpr int exit_broken = 1;  ///< A rule was broken, or an expectation not met.
inline constexpr int exit_usage = 2;   ///< Wrongly asked.

/// One sentence on standard error; returns exit_usage.
int complain(const Error& error);

/// `--format text|json`, as every verb that prints figures takes it.
void add_format(CLI::App& verb, std::string& format);
/// `--jobs`, set to the number of processors.
void add_jobs(CLI::App& verb, std::size_t& jobs);

void add_check(CLI::App& program, int& status);
void add_storm(CLI::App& program, int& status);
void add_hashes(CLI::App& program, int& status);
void add_run(CLI::App& program, int& status);
void add_detect(CLI::App& program, int& status);
void add_compare(CLI::App& program, int& status);
void add_lifeguard(CLI::App& program, int& status);
void add_spread(CLI::App& program, int& status);

}  // namespace scrimp::sim
