#include "sim/script_words.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "base/suggest.h"
#include "sim/script.h"
#include "sim/words.h"

namespace scrimp::sim {
namespace {

constexpr std::string_view blanks = " \t\r";
// Enough of a word to find it in its line.
constexpr std::size_t quoted_chars_max = 40;

std::string quoted(std::string_view text) {
    return "'" + printable(text, quoted_chars_max) + "'";
}

std::optional<std::uint64_t> to_number(std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

ScriptWords::ScriptWords(std::string_view line, std::size_t nodes) : line_(line), nodes_(nodes) {
    std::size_t begin = line_.find_first_not_of(blanks);
    while (begin != std::string_view::npos) {
        const std::size_t end = std::min(line_.find_first_of(blanks, begin), line_.size());
        words_.push_back(line_.substr(begin, end - begin));
        begin = line_.find_first_not_of(blanks, end);
    }
}

void ScriptWords::complain(std::string sentence) {
    if (error_.empty()) error_ = std::move(sentence);
}

bool ScriptWords::take(std::string_view word) {
    if (empty() || words_[at_] != word) return false;
    ++at_;
    return true;
}

void ScriptWords::must(std::string_view word) {
    if (take(word)) return;
    complain("'" + std::string(word) + "' is missing" +
             (empty() ? " at the end" : " before " + quoted(words_[at_])));
}

std::string_view ScriptWords::word(std::string_view what) {
    if (empty()) {
        complain(std::string(what) + " is missing at the end");
        return {};
    }
    return words_[at_++];
}

std::size_t ScriptWords::choice(std::string_view what, std::span<const std::string_view> choices) {
    const std::string_view given = word(what);
    const auto found = std::ranges::find(choices, given);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
    std::string list;
    for (const std::string_view each : choices) {
        list += (list.empty() ? "" : ", ") + std::string(each);
    }
    const auto meant = nearest(given, choices);
    complain(quoted(given) + " is not " + std::string(what) + "; " +
             (meant ? "did you mean '" + std::string(*meant) + "'?" : "write one of " + list));
    return 0;
}

std::uint64_t ScriptWords::number(std::string_view what, std::uint64_t most) {
    const std::string_view text = word(what);
    const auto value = to_number(text, most);
    if (!value) {
        complain(quoted(text) + " is not " + std::string(what) + "; write a number up to " +
                 std::to_string(most));
    }
    return value.value_or(0);
}

Duration ScriptWords::span() {
    const std::string_view text = word("a span of time");
    const auto span = parse_span(text);
    if (!span) complain(span.error().message);
    if (span && *span > script_length_max) complain("a scenario lasts a day at most");
    return well() ? *span : Duration::zero();
}

bool ScriptWords::share_follows() const {
    return !empty() && words_[at_].ends_with('%');
}

double ScriptWords::share() {
    const std::string_view text = word("a share");
    const auto share = parse_share(text);
    if (!share) complain(share.error().message);
    return share.value_or(0);
}

void ScriptWords::add_range(std::string_view range, std::vector<std::uint32_t>& numbers) {
    const auto read = [&](std::string_view text) -> std::optional<std::uint64_t> {
        if (text.starts_with('n')) text.remove_prefix(1);
        return to_number(text, nodes_ - 1);
    };
    const std::size_t dash = range.find('-');
    const auto first = read(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : read(range.substr(dash + 1));
    if (!first || !last || *last < *first) {
        return complain(quoted(range) + " names no nodes; they are n0 to n" +
                        std::to_string(nodes_ - 1) + ": write n3, 0-4, or all");
    }
    // A list may repeat a range as often as a line has room for; each node is in it once.
    if (numbers.size() > 2 * nodes_) return complain("the group names more nodes than there are");
    for (std::uint64_t i = *first; i <= *last; ++i) {
        numbers.push_back(static_cast<std::uint32_t>(i));
    }
}

std::vector<std::uint32_t> ScriptWords::group() {
    std::vector<std::uint32_t> numbers;
    std::string_view list = word("a group of nodes");
    if (nodes_ == 0) {
        complain("'nodes' must come before any node is named");
        return numbers;
    }
    if (list == "all") {
        numbers.resize(nodes_);
        std::iota(numbers.begin(), numbers.end(), 0U);
        named_ += nodes_;
        return numbers;
    }
    while (well() && !list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        add_range(list.substr(0, comma), numbers);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    named_ += numbers.size();
    return numbers;
}

std::string ScriptWords::rest(std::string_view what) {
    const std::string_view first = word(what);
    if (first.empty()) return {};
    at_ = words_.size();
    const auto begin = static_cast<std::size_t>(first.data() - line_.data());
    std::string_view text = line_.substr(begin);
    text.remove_suffix(text.size() - 1 - text.find_last_not_of(blanks));
    return std::string(text);
}

void ScriptWords::end() {
    if (!empty()) complain(quoted(words_[at_]) + " is not expected here");
}

}  // namespace scrimp::sim
