#include "admin/json_writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace scrimp::admin {

void JsonWriter::begin_value() {
    if (!first_) text_ += ',';
    first_ = false;
}

void JsonWriter::begin_object() {
    begin_value();
    text_ += '{';
    first_ = true;
}

void JsonWriter::end_object() {
    text_ += '}';
    first_ = false;
}

void JsonWriter::begin_list() {
    begin_value();
    text_ += '[';
    first_ = true;
}

void JsonWriter::end_list() {
    text_ += ']';
    first_ = false;
}

void JsonWriter::key(std::string_view name) {
    begin_value();
    append_string(name);
    text_ += ':';
    first_ = true;
}

void JsonWriter::value(std::string_view text) {
    begin_value();
    append_string(text);
}

void JsonWriter::raw(std::string_view json) {
    begin_value();
    text_ += json;
}

void JsonWriter::value(bool flag) {
    begin_value();
    text_ += flag ? "true" : "false";
}

void JsonWriter::append_string(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    text_ += '"';
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            text_ += '\\';
            text_ += letter;
        } else if (letter == '\n') {
            text_ += "\\n";
        } else if (byte < 0x20 || byte >= 0x7f) {
            text_ += "\\u00";
            text_ += digits[byte >> 4];
            text_ += digits[byte & 0x0f];
        } else {
            text_ += letter;
        }
    }
    text_ += '"';
}

std::string JsonWriter::take() && {
    text_ += '\n';
    return std::move(text_);
}

std::string rfc3339(std::int64_t unix_seconds) {
    using namespace std::chrono;
    constexpr std::int64_t last = 253402300799;  // The last second of the year 9999.
    const sys_seconds moment{seconds{std::clamp(unix_seconds, std::int64_t{0}, last)}};
    const sys_days day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss clock{moment - day};
    // "2026-11-23T18:12:31Z"; the compiler does not know the ranges, hence the room.
    std::array<char, 80> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", int{date.year()},
        unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace scrimp::admin
