// Reads the members of one JSON object of a configuration file and notes every mistake by the full
// name of its key, so that one run of `validate` tells them all. A key is known by having been
// asked for: there is no second list to keep in step.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace scrimp::app {

/// What is wrong with one file, a line each: "scrimp.json: KEY: what, and the remedy".
class Mistakes {
  public:
    void add(const std::string& file, const std::string& key, const std::string& reason);
    /// Lines that are printable already.
    void add_lines(const std::vector<std::string>& lines);
    [[nodiscard]] std::size_t count() const { return lines_.size(); }
    [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
    /// All lines, newlines between them.
    [[nodiscard]] Error error() const;

    /// Nobody reads on; the last line then says that there are more.
    static constexpr std::size_t lines_max = 100;

  private:
    void add_line(std::string line);

    std::vector<std::string> lines_;
};

/// "; did you mean 'KEY'?", or nothing if none of the known words is near.
[[nodiscard]] std::string suggestion(std::string_view word,
                                     const std::vector<std::string_view>& known);

class Fields {
  public:
    /// `prefix`: the key that holds the object, with its dot; empty at the top. What is borrowed
    /// has to outlive the Fields.
    Fields(const Json& object, std::string file, std::string prefix, Mistakes& mistakes);

    /// Whether the key stands there, whatever its value; null is not given.
    [[nodiscard]] bool is_given(std::string_view key);
    /// Nothing if the key is not given, or if its value is a mistake, which is then noted. A text
    /// with control characters is one.
    [[nodiscard]] std::optional<std::string> text(std::string_view key);
    [[nodiscard]] std::optional<bool> flag(std::string_view key);
    [[nodiscard]] std::optional<std::uint16_t> port(std::string_view key);
    /// Within [least, most].
    [[nodiscard]] std::optional<int> number(std::string_view key, int least, int most);
    [[nodiscard]] std::optional<Duration> duration(std::string_view key, Duration least,
                                                   Duration most);
    [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key);
    [[nodiscard]] const Json* list(std::string_view key);
    [[nodiscard]] const Json* object(std::string_view key);

    /// Notes a mistake at a key of this object.
    void refuse(std::string_view key, const std::string& reason);
    /// The same for a reason that begins with the name of a key below `key`.
    void refuse_below(std::string_view key, const std::string& reason);
    /// Notes each member that nobody has asked for.
    void refuse_unknown();

  private:
    const Json* find(std::string_view key);
    template <class T>
    std::optional<T> accept(std::string_view key, const Result<T>& result);

    const Json& object_;
    std::string file_;
    std::string prefix_;
    Mistakes& mistakes_;
    std::vector<std::string_view> known_;
};

}  // namespace scrimp::app
