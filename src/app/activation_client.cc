#include "app/activation_client.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "app/activation.h"
#include "app/unix_stream.h"
#include "runtime/clock.h"
#include "runtime/files.h"

namespace scrimp::app {
namespace {

/// For who asks by hand: two commands at their default limits. The daemon says its own.
constexpr std::chrono::seconds question_longest{60};
constexpr std::int64_t timeout_seconds_max = 3600;

constexpr const char* default_socket = "/run/scrimplb-activate.sock";

struct ActivationQuestion {
    std::string socket = default_socket;
    std::chrono::seconds timeout = question_longest;
    ActivationVerb verb{};
    std::string path;
};

Result<std::chrono::seconds> parse_timeout(const std::string& word) {
    std::int64_t count = 0;
    const char* const end = word.data() + word.size();
    const auto read = std::from_chars(word.data(), end, count);
    if (read.ec != std::errc() || read.ptr != end || count < 1 || count > timeout_seconds_max) {
        return fail("--timeout: '" + word + "' is no number of seconds from 1 to " +
                    std::to_string(timeout_seconds_max));
    }
    return std::chrono::seconds{count};
}

Result<ActivationQuestion> parse_question(std::vector<std::string> words) {
    ActivationQuestion options;
    while (words.size() >= 2 && (words[0] == "--socket" || words[0] == "--timeout")) {
        if (words[0] == "--socket") {
            options.socket = words[1];
        } else if (const auto timeout = parse_timeout(words[1])) {
            options.timeout = *timeout;
        } else {
            return tl::unexpected(timeout.error());
        }
        words.erase(words.begin(), words.begin() + 2);
    }
    if (words.empty()) return fail("one of check, activate and status is needed");
    const auto verb = parse_activation_verb(words[0]);
    if (!verb) return tl::unexpected(verb.error());
    options.verb = *verb;
    const std::size_t wanted = *verb == ActivationVerb::Status ? 1 : 2;
    if (words.size() != wanted) {
        return fail("'" + words[0] + "' takes " + (wanted == 1 ? "nothing more" : "one FILE"));
    }
    if (wanted == 2) options.path = words[1];
    return options;
}

Result<ActivationAnswer> put_question(const ActivationQuestion& options) {
    std::string text;
    if (!options.path.empty()) {
        auto read = runtime::read_file(options.path, activation_text_bytes_max);
        if (!read) return tl::unexpected(read.error());
        if (!*read) return fail("there is no file " + options.path);
        text = **std::move(read);
    }
    auto stream = UnixStream::connect(options.socket, runtime::now() + options.timeout);
    if (!stream) {
        return fail(stream.error().message +
                    "; is scrimplb-activate.socket started, and may we write to it?");
    }
    // Who refuses us by our name does not read on, so a failure here is no news before its answer.
    const auto sent = stream->write(encode_activation_head({options.verb, text.size()}) + text);
    const auto bytes = stream->read(activation_answer_bytes_max + activation_head_bytes_max);
    if (bytes && !bytes->empty()) return parse_activation_answer(*bytes);
    if (!sent) return fail(options.socket + ": " + sent.error().message);
    return fail(options.socket + ": " + (bytes ? "no answer" : bytes.error().message));
}

/// Rounded up: the daemon ends a command that takes longer, in words of its own.
proxy::Command helper_command(const std::string& socket, Duration longest, ActivationVerb verb,
                              const char* placeholder) {
    const auto count = std::chrono::ceil<std::chrono::seconds>(longest).count() + 1;
    return {"scrimplb",
            "activation",
            "--socket",
            socket,
            "--timeout",
            std::to_string(std::min(count, timeout_seconds_max)),
            std::string(name_of(verb)),
            placeholder};
}

}  // namespace

std::string activation_help() {
    return "usage: scrimplb activation [--socket PATH] [--timeout SECONDS] check FILE | activate "
           "FILE | status\n"
           "\n"
           "Asks scrimplb-activate, the helper that runs as root: whether nginx would accept FILE, "
           "a\n"
           "generation of this configuration; to put it in place and reload; what stands there.\n"
           "\n"
           "  --socket PATH   the helper's socket (default: " +
           std::string(default_socket) +
           ")\n"
           "  --timeout S     how long to wait for the answer (default: " +
           std::to_string(question_longest.count()) + ")\n";
}

int ask_activation(const std::vector<std::string>& words) {
    if (words.size() == 1 && (words[0] == "--help" || words[0] == "-h")) {
        std::fputs(activation_help().c_str(), stdout);
        return 0;
    }
    const auto options = parse_question(words);
    if (!options) {
        std::fprintf(stderr, "scrimplb activation: %s\n%s", options.error().message.c_str(),
                     activation_help().c_str());
        return 2;
    }
    const auto answer = put_question(*options);
    if (!answer) {
        std::fprintf(stderr, "scrimplb activation: %s\n", answer.error().message.c_str());
        return 1;
    }
    const bool done = answer->fate == ActivationFate::Done;
    if (answer->fate == ActivationFate::Refused) std::fputs("refused: ", stderr);
    std::fwrite(answer->text.data(), 1, answer->text.size(), done ? stdout : stderr);
    if (!answer->text.empty() && !answer->text.ends_with('\n'))
        std::fputs("\n", done ? stdout : stderr);
    return done ? 0 : 1;
}

proxy::Command activation_check_command(const std::string& socket, Duration longest) {
    return helper_command(socket, longest, ActivationVerb::Check, "{candidate}");
}

proxy::Command activation_reload_command(const std::string& socket, Duration longest) {
    return helper_command(socket, longest, ActivationVerb::Activate, "{target}");
}

}  // namespace scrimp::app
