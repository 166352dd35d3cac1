// JSON as indented text, written from the top: objects and lists around one-line values, so that
// two texts differ in the lines that changed.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scrimp::proxy {

/// The text between quotes, escaped. Bytes beyond ASCII are left as they are.
[[nodiscard]] std::string json_string(std::string_view text);
/// ["a", "b"] of strings.
[[nodiscard]] std::string json_strings(const std::vector<std::string>& texts);

/// A key is written as a string; in a list it is left empty. A value is JSON already.
class JsonText {
  public:
    JsonText() { begin('{'); }

    void object(std::string_view key = {}) {
        lead(key);
        begin('{');
    }
    void list(std::string_view key = {}) {
        lead(key);
        begin('[');
    }
    void value(std::string_view key, std::string_view json) {
        lead(key);
        out_.append(json);
    }
    void item(std::string_view json) { value({}, json); }
    /// Ends the innermost object or list.
    void end() {
        const auto [closing, empty] = open_.back();
        open_.pop_back();
        if (!empty) new_line();
        out_ += closing;
    }
    [[nodiscard]] std::size_t size() const { return out_.size(); }
    void reserve(std::size_t bytes) { out_.reserve(bytes); }
    /// Ends what is still open.
    [[nodiscard]] std::string take() {
        while (!open_.empty()) end();
        return std::exchange(out_, {}) + "\n";
    }

  private:
    struct Open {
        char closing;
        bool empty;
    };

    void begin(char bracket) {
        out_ += bracket;
        open_.push_back({.closing = bracket == '{' ? '}' : ']', .empty = true});
    }
    void new_line() { out_.append("\n").append(open_.size() * 2, ' '); }
    void lead(std::string_view key) {
        if (!std::exchange(open_.back().empty, false)) out_ += ',';
        new_line();
        if (!key.empty()) out_.append(json_string(key)).append(": ");
    }

    std::string out_;
    std::vector<Open> open_;
};

}  // namespace scrimp::proxy
