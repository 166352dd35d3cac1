// What the verbs that ask the running node have in common.
#pragma once

#include <memory>
#include <string>

#include "app/admin_client.h"
#include "app/cli_verb.h"

namespace scrimp::app {

/// Which node is asked, and how it is to answer.
struct AdminOptions {
    std::string socket{};
    std::string config_path{};
    std::string format = "text";
};

/// Adds --socket and --config-file.
void add_where(CLI::App& command, const std::shared_ptr<AdminOptions>& options);
/// Adds --format.
void add_format(CLI::App& command, const std::shared_ptr<AdminOptions>& options);

/// Asks the node, which answers at once, and prints what it says; returns the exit status.
/// `target` is path and query, `format` is added to it.
[[nodiscard]] int ask_and_print(const AdminOptions& options, const std::string& target);

/// The same for what takes its time: progress goes to standard error, a sentence a line, and the
/// last word to standard output. `body` is JSON.
[[nodiscard]] int act_and_print(const AdminOptions& options, const std::string& target,
                                const std::string& body);

}  // namespace scrimp::app
