#include "app/activation.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/printable.h"

namespace scrimp::app {
namespace {

constexpr std::string_view greeting = "scrimplb 1 ";

constexpr std::array<std::pair<std::string_view, ActivationVerb>, 3> verb_names = {
    {{"check", ActivationVerb::Check},
     {"activate", ActivationVerb::Activate},
     {"status", ActivationVerb::Status}}};
constexpr std::array<std::pair<std::string_view, ActivationFate>, 3> fate_names = {
    {{"done", ActivationFate::Done},
     {"refused", ActivationFate::Refused},
     {"failed", ActivationFate::Failed}}};

/// "scrimplb 1 WORD BYTES", the one form of both lines.
struct GreetingLine {
    std::string_view word;
    std::size_t bytes = 0;
};

Result<GreetingLine> parse_greeting(std::string_view text) {
    const auto complaint = [text] {
        return fail("'" + printable(text, activation_head_bytes_max) +
                    "' is not of the form 'scrimplb 1 WORD BYTES'");
    };
    if (text.size() > activation_head_bytes_max || !text.starts_with(greeting)) return complaint();
    const std::string_view rest = text.substr(greeting.size());
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return complaint();
    GreetingLine line{.word = rest.substr(0, space)};
    const std::string_view digits = rest.substr(space + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), line.bytes);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return complaint();
    return line;
}

std::string encode_greeting(std::string_view word, std::size_t bytes) {
    return std::string(greeting) + std::string(word) + " " + std::to_string(bytes) + "\n";
}

}  // namespace

std::string_view name_of(ActivationVerb verb) {
    for (const auto& [name, each] : verb_names) {
        if (each == verb) return name;
    }
    return "unknown";
}

Result<ActivationVerb> parse_activation_verb(std::string_view word) {
    for (const auto& [name, verb] : verb_names) {
        if (name == word) return verb;
    }
    return fail("'" + printable(word, activation_head_bytes_max) +
                "' is none of check, activate and status");
}

std::string encode_activation_head(const ActivationHead& head) {
    return encode_greeting(name_of(head.verb), head.bytes);
}

Result<ActivationHead> parse_activation_head(std::string_view text) {
    const auto line = parse_greeting(text);
    if (!line) return tl::unexpected(line.error());
    const auto verb = parse_activation_verb(line->word);
    if (!verb) return tl::unexpected(verb.error());
    const std::size_t most = *verb == ActivationVerb::Status ? 0 : activation_text_bytes_max;
    if (line->bytes > most) {
        return fail("a text of " + std::to_string(line->bytes) + " bytes; the most is " +
                    std::to_string(most));
    }
    return ActivationHead{*verb, line->bytes};
}

std::string encode_activation_answer(const ActivationAnswer& answer) {
    const std::string_view text =
        std::string_view(answer.text).substr(0, activation_answer_bytes_max);
    for (const auto& [name, fate] : fate_names) {
        if (fate == answer.fate) return encode_greeting(name, text.size()) + std::string(text);
    }
    return {};
}

Result<ActivationAnswer> parse_activation_answer(std::string_view bytes) {
    const std::size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) return fail("the answer ends before its first line");
    const auto line = parse_greeting(bytes.substr(0, newline));
    if (!line) return tl::unexpected(line.error());
    const std::string_view text = bytes.substr(newline + 1);
    if (text.size() != line->bytes) return fail("the answer is not as long as it says");
    for (const auto& [name, fate] : fate_names) {
        if (name == line->word) return ActivationAnswer{fate, std::string(text)};
    }
    return fail("'" + printable(line->word, activation_head_bytes_max) +
                "' is no answer that this version knows");
}

}  // namespace scrimp::app
