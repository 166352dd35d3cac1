#include "app/cli_admin.h"

#include <cstdio>
#include <optional>

#include <CLI/CLI.hpp>

#include "app/admin_socket.h"
#include "base/json.h"

namespace scrimp::app {
namespace {

int failed(const std::string& sentence) {
    std::fprintf(stderr, "scrimplb: %s\n", sentence.c_str());
    return exit_failed;
}

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

/// The `detail` of a problem, or its text if it is none.
std::string detail_of(const AdminAnswer& answer) {
    const Result<Json> json = parse_json(answer.body);
    const Json* const detail = json && json->is_object() ? find_member(*json, "detail") : nullptr;
    if (detail != nullptr && detail->is_string()) return detail->get<std::string>();
    return "the node answers with status " + std::to_string(answer.status);
}

/// What the lines of an action have told so far.
struct Course {
    std::optional<bool> done{};
    std::string detail{};

    void take(std::string_view line) {
        const Result<Json> json = parse_json(line);
        if (!json || !json->is_object()) return;
        if (const Json* progress = find_member(*json, "progress"); progress != nullptr) {
            if (progress->is_string()) {
                std::fprintf(stderr, "%s\n", progress->get<std::string>().c_str());
            }
            return;
        }
        const Json* const end = find_member(*json, "done");
        const Json* const words = find_member(*json, "detail");
        if (end != nullptr && end->is_boolean()) done = end->get<bool>();
        if (words != nullptr && words->is_string()) detail = words->get<std::string>();
    }
};

}  // namespace

void add_where(CLI::App& command, const std::shared_ptr<AdminOptions>& options) {
    command.add_option("--socket", options->socket, "The node's admin socket")->type_name("PATH");
    command
        .add_option("--config-file", options->config_path,
                    "The node's configuration file, which tells its socket")
        ->type_name("PATH");
}

void add_format(CLI::App& command, const std::shared_ptr<AdminOptions>& options) {
    command.add_option("--format", options->format, "text or json")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
}

int ask_and_print(const AdminOptions& options, const std::string& target) {
    const Result<std::string> socket = find_admin_socket(options.socket, options.config_path);
    if (!socket) return failed(socket.error().message);
    const std::string with_format =
        target + (target.find('?') == std::string::npos ? "?" : "&") + "format=" + options.format;
    const auto answer = ask_admin(*socket, "GET", with_format, "", [](std::string_view) {});
    if (!answer) return failed(answer.error().message);
    if (answer->status != 200) return failed(detail_of(*answer));
    print(answer->body);
    return answer->degraded ? exit_degraded : 0;
}

int act_and_print(const AdminOptions& options, const std::string& target, const std::string& body) {
    const Result<std::string> socket = find_admin_socket(options.socket, options.config_path);
    if (!socket) return failed(socket.error().message);
    Course course;
    const auto answer =
        ask_admin(*socket, "POST", target, body, [&](std::string_view line) { course.take(line); });
    if (!answer) return failed(answer.error().message);
    if (answer->status != 200) return failed(detail_of(*answer));
    if (!course.done) return failed("the node went away before it was done");
    if (!*course.done) return failed(course.detail);
    print(course.detail + "\n");
    return 0;
}

}  // namespace scrimp::app
