#include "app/config_fields.h"

#include <algorithm>
#include <utility>

#include "base/duration.h"
#include "base/printable.h"
#include "base/suggest.h"

namespace scrimp::app {
namespace {

/// Enough for every sentence of ours with a path in it.
constexpr std::size_t line_chars_max = 1000;

Result<std::string> read_plain_text(const Json& value) {
    Result<std::string> text = read_text(value);
    if (!text) return text;
    const bool has_control = std::ranges::any_of(
        *text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (has_control) return fail("must not contain control characters");
    return text;
}

Result<std::vector<std::string>> read_texts(const Json& value) {
    if (!value.is_array()) {
        return fail("must be a list of strings, not " + std::string(kind_of(value)));
    }
    std::vector<std::string> texts;
    for (const Json& entry : value) {
        Result<std::string> text = read_plain_text(entry);
        if (!text) return tl::unexpected(text.error());
        texts.push_back(*std::move(text));
    }
    return texts;
}

}  // namespace

void Mistakes::add(const std::string& file, const std::string& key, const std::string& reason) {
    const std::string line = file + ": " + (key.empty() ? "" : key + ": ") + reason;
    add_line(printable(line, line_chars_max));
}

void Mistakes::add_lines(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) add_line(line);
}

void Mistakes::add_line(std::string line) {
    if (lines_.size() >= lines_max) line = "more mistakes than are told at once";
    if (lines_.size() <= lines_max) lines_.push_back(std::move(line));
}

Error Mistakes::error() const {
    std::string all;
    for (const std::string& line : lines_) all.append(all.empty() ? "" : "\n").append(line);
    return Error{all};
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& known) {
    const auto meant = nearest(word, known);
    return meant ? "; did you mean '" + std::string(*meant) + "'?" : "";
}

Fields::Fields(const Json& object, std::string file, std::string prefix, Mistakes& mistakes)
    : object_(object), file_(std::move(file)), prefix_(std::move(prefix)), mistakes_(mistakes) {}

const Json* Fields::find(std::string_view key) {
    known_.push_back(key);
    return find_member(object_, key);
}

template <class T>
std::optional<T> Fields::accept(std::string_view key, const Result<T>& result) {
    if (result) return *result;
    refuse(key, result.error().message);
    return std::nullopt;
}

bool Fields::is_given(std::string_view key) {
    return find(key) != nullptr;
}

std::optional<std::string> Fields::text(std::string_view key) {
    const Json* value = find(key);
    return value == nullptr ? std::nullopt : accept(key, read_plain_text(*value));
}

std::optional<bool> Fields::flag(std::string_view key) {
    const Json* value = find(key);
    return value == nullptr ? std::nullopt : accept(key, read_bool(*value));
}

std::optional<std::uint16_t> Fields::port(std::string_view key) {
    const Json* value = find(key);
    return value == nullptr ? std::nullopt : accept(key, read_port(*value));
}

std::optional<int> Fields::number(std::string_view key, int least, int most) {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    // A JSON number that is whole and not negative is unsigned here.
    if (value->is_number_unsigned()) {
        const auto given = value->get<std::uint64_t>();
        if (given >= static_cast<std::uint64_t>(least) && given <= static_cast<std::uint64_t>(most))
            return static_cast<int>(given);
    }
    refuse(key,
           "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
}

std::optional<Duration> Fields::duration(std::string_view key, Duration least, Duration most) {
    const auto spelled = text(key);
    if (!spelled) return std::nullopt;
    const auto parsed = accept(key, parse_duration(*spelled));
    if (!parsed || (*parsed >= least && *parsed <= most)) return parsed;
    const auto milliseconds = [](Duration bound) {
        return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(bound).count());
    };
    refuse(key, "'" + *spelled + "' is not between " + milliseconds(least) + "ms and " +
                    milliseconds(most) + "ms");
    return std::nullopt;
}

std::optional<std::vector<std::string>> Fields::texts(std::string_view key) {
    const Json* value = find(key);
    return value == nullptr ? std::nullopt : accept(key, read_texts(*value));
}

const Json* Fields::list(std::string_view key) {
    const Json* value = find(key);
    if (value == nullptr || value->is_array()) return value;
    refuse(key, "must be a list, not " + std::string(kind_of(*value)));
    return nullptr;
}

const Json* Fields::object(std::string_view key) {
    const Json* value = find(key);
    if (value == nullptr || value->is_object()) return value;
    refuse(key, "must be an object, not " + std::string(kind_of(*value)));
    return nullptr;
}

void Fields::refuse(std::string_view key, const std::string& reason) {
    mistakes_.add(file_, prefix_ + std::string(key), reason);
}

void Fields::refuse_below(std::string_view key, const std::string& reason) {
    mistakes_.add(file_, "", prefix_ + std::string(key) + "." + reason);
}

void Fields::refuse_unknown() {
    for (const auto& [key, value] : object_.items()) {
        if (std::ranges::find(known_, key) != known_.end()) continue;
        refuse(key, "unknown key" + suggestion(key, known_));
    }
}

}  // namespace scrimp::app
