// scrimplb-fetch: one request on standard input, one answer on standard output, then it exits
// (seed/helper_protocol.h). What needs HTTPS runs here rather than in the daemon, which stays small
// for good: libcurl costs megabytes only for the moment it is used.

#include <csignal>
#include <cstdio>
#include <exception>

#include "helpers/rows.h"

namespace {

/// Everything on standard input, or one byte more than allowed, which no parser accepts.
std::string read_input() {
    std::string text(scrimp::seed::helper_request_bytes_max + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), stdin));
    return text;
}

scrimp::Result<std::string> answer_to(const std::string& text) try {
    const auto request = scrimp::seed::parse_request(text);
    if (!request) return tl::unexpected(request.error());
    const auto answer = scrimp::helpers::serve(*request);
    if (!answer) return tl::unexpected(answer.error());
    return scrimp::seed::render_answer(request->action, *answer);
} catch (const std::exception&) {
    // None is ours, so it is a library's; its words may quote what it was given, secrets too.
    return scrimp::fail(
        "scrimplb-fetch failed within itself, for want of memory or by a defect; if there is "
        "memory enough, report it");
}

}  // namespace

int main(int argc, char**) {
    if (argc > 1) {
        std::fputs(
            "scrimplb-fetch " SCRIMP_VERSION
            " is run by scrimplb and takes no arguments: one JSON request on standard input, one "
            "answer on standard output.\n",
            stderr);
        return 2;
    }
    // A peer that hangs up is an error of that transfer, not our end.
    std::signal(SIGPIPE, SIG_IGN);
    const auto answer = answer_to(read_input());
    const std::string text = answer ? *answer : scrimp::seed::render_error(answer.error().message);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return std::fflush(stdout) == 0 && answer ? 0 : 1;
}
