// JSON, appended to one text as it is told: a view of fifty thousand upstreams is written without a
// tree of values beside it, which would take ten times the text.
//
// The order of keys is that of the calls, so the same view is the same bytes. Nothing is broken
// into lines. What is not ASCII is written as \u00XX, byte by byte: texts here are printable
// already, and if one is not, the document is still JSON.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace scrimp::admin {

class JsonWriter {
  public:
    void begin_object();
    void end_object();
    void begin_list();
    void end_list();
    /// Of the value that comes next.
    void key(std::string_view name);

    void value(std::string_view text);
    void value(const char* text) { value(std::string_view(text)); }
    void value(bool flag);
    /// One that is JSON already.
    void raw(std::string_view json);
    template <std::integral Number>
        requires(!std::same_as<Number, bool>)
    void value(Number number) {
        begin_value();
        text_ += std::to_string(number);
    }

    template <class Value>
    void field(std::string_view name, const Value& what) {
        key(name);
        value(what);
    }

    /// The document, with a newline behind it. Every begin has had its end.
    [[nodiscard]] std::string take() &&;

  private:
    void begin_value();
    void append_string(std::string_view text);

    std::string text_;
    bool first_ = true;  ///< Nothing stands before the next value or key: no comma.
};

/// Seconds since 1970 as "2026-11-23T18:12:31Z" (RFC 3339), for the years 1970 to 9999.
[[nodiscard]] std::string rfc3339(std::int64_t unix_seconds);

}  // namespace scrimp::admin
