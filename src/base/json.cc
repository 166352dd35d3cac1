#include "base/json.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "base/endpoint.h"
#include "base/printable.h"

namespace scrimp {
namespace {

/// "line 3, column 7": `offset` counts the bytes read when the error was seen, so it points behind
/// the offending one.
std::string place_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset == 0 ? 0 : offset - 1);
    const auto line = 1 + std::ranges::count(before, '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
    return "line " + std::to_string(line) + ", column " +
           std::to_string(before.size() - line_start + 1);
}

/// nlohmann's sentence without the prefix that names its exception and its own idea of the place:
/// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while …".
std::string reason_of(const std::exception& error) {
    std::string_view what = error.what();
    const std::size_t place = what.find("column ");
    const std::size_t reason = place == std::string_view::npos ? place : what.find(": ", place);
    if (reason != std::string_view::npos) {
        what = what.substr(reason + 2);
    } else if (const std::size_t prefix = what.find("] "); prefix != std::string_view::npos) {
        what = what.substr(prefix + 2);
    }
    constexpr std::size_t reason_chars_max = 200;
    return printable(what, reason_chars_max);
}

/// Builds the tree from nlohmann's stream of tokens, refusing on the way what the house refuses.
/// A handler that answers false ends the reading; `error` says why.
class Builder final : public nlohmann::json_sax<Json> {
  public:
    Builder(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

    bool null() override { return add(nullptr) != nullptr; }
    bool boolean(bool value) override { return add(value) != nullptr; }
    bool number_integer(number_integer_t value) override { return add(value) != nullptr; }
    bool number_unsigned(number_unsigned_t value) override { return add(value) != nullptr; }
    bool number_float(number_float_t value, const string_t&) override {
        return add(value) != nullptr;
    }
    bool string(string_t& value) override { return add(std::move(value)) != nullptr; }
    bool binary(binary_t&) override { return false; }  // not in text

    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        key_ = lower(name);
        if (!open_.back()->contains(key_)) return true;
        error_ = "the key '" + printable(key_, key_chars_max) + "' appears twice";
        return false;
    }

    bool parse_error(std::size_t offset, const std::string&,
                     const nlohmann::detail::exception& error) override {
        error_ = place_of(text_, offset) + ": " + reason_of(error);
        return false;
    }

    [[nodiscard]] Json take_root() { return std::move(root_); }
    [[nodiscard]] const std::string& error() const { return error_; }

  private:
    static constexpr std::size_t key_chars_max = 64;

    Json* place(Json value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        Json& parent = *open_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        Json& member = parent[key_];
        member = std::move(value);
        return &member;
    }

    /// Null if there are too many; `error_` says so.
    Json* add(Json value) {
        if (++values_ <= limits_.values_max) return place(std::move(value));
        error_ = "holds more than " + std::to_string(limits_.values_max) + " values";
        return nullptr;
    }

    bool open(Json container) {
        if (open_.size() == limits_.depth_max) {
            error_ = "nested more than " + std::to_string(limits_.depth_max) + " deep";
            return false;
        }
        Json* const placed = add(std::move(container));
        if (placed == nullptr) return false;
        // Pointers stay good: a container grows only while it is the innermost.
        open_.push_back(placed);
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    std::string_view text_;
    JsonLimits limits_;
    std::size_t values_ = 0;
    Json root_;
    std::vector<Json*> open_;
    std::string key_;
    std::string error_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.bytes_max) {
        return fail("larger than " + std::to_string(limits.bytes_max) + " bytes");
    }
    Builder builder(text, limits);
    if (!Json::sax_parse(text, &builder)) return fail(builder.error());
    return builder.take_root();
}

const Json* find_member(const Json& object, std::string_view key) {
    const auto member = object.find(key);
    return member == object.end() || member->is_null() ? nullptr : &*member;
}

Result<std::string> read_text(const Json& value) {
    if (!value.is_string()) return fail("must be a string, not " + std::string(kind_of(value)));
    return value.get_ref<const std::string&>();
}

Result<bool> read_bool(const Json& value) {
    if (!value.is_boolean()) {
        return fail("must be true or false, not " + std::string(kind_of(value)));
    }
    return value.get<bool>();
}

Result<std::uint16_t> read_port(const Json& value) {
    if (value.is_string()) return parse_port(value.get_ref<const std::string&>());
    if (!value.is_number()) {
        return fail("must be a port, not " + std::string(kind_of(value)));
    }
    // A fraction or an exponent is no spelling of a port: only digits are.
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number >= 1 && number <= 65'535) return static_cast<std::uint16_t>(number);
    }
    return fail("'" + value.dump() + "' is not a port from 1 to 65535");
}

std::string_view kind_of(const Json& value) {
    if (value.is_string()) return "a string";
    if (value.is_number()) return "a number";
    if (value.is_boolean()) return "true or false";
    if (value.is_array()) return "a list";
    if (value.is_object()) return "an object";
    return "null";
}

}  // namespace scrimp
