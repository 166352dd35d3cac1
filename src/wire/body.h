// A body on the wire: one msgpack map, written from and read into the field table of fields.h.
#pragma once

#include <limits>

#include "wire/fields.h"
#include "wire/msgpack.h"

namespace scrimp::wire {

/// Visitor: how many fields a body will write.
class FieldCounter {
  public:
    void operator()(std::string_view, const auto&) { ++count_; }
    void unless_empty(std::string_view, std::uint16_t value) { count_ += value != 0; }
    void unless_empty(std::string_view, const auto& value) { count_ += !value.empty(); }
    [[nodiscard]] std::size_t count() const { return count_; }

  private:
    std::size_t count_ = 0;
};

/// Visitor: appends every field's name and value.
class FieldWriter {
  public:
    explicit FieldWriter(Bytes& out) : out_(out) {}
    void operator()(std::string_view name, const auto& value) {
        append_msgpack_text(out_, name);
        write(value);
    }
    void unless_empty(std::string_view name, std::uint16_t value) {
        if (value != 0) (*this)(name, value);
    }
    void unless_empty(std::string_view name, const auto& value) {
        if (!value.empty()) (*this)(name, value);
    }

  private:
    void write(bool value) { append_msgpack_boolean(out_, value); }
    void write(std::unsigned_integral auto value) { append_msgpack_unsigned(out_, value); }
    void write(const std::string& value) { append_msgpack_text(out_, value); }
    void write(ByteView value) { append_msgpack_raw(out_, value); }
    void write(const Bytes& value) { append_msgpack_raw(out_, value); }
    void write(const OptionalBytes& value) {
        if (value) {
            append_msgpack_raw(out_, *value);
        } else {
            append_msgpack_nil(out_);
        }
    }

    Bytes& out_;
};

/// Visitor: reads one value into the field of that name, if there is one.
class FieldReader {
  public:
    FieldReader(MsgpackReader& in, std::string_view key) : in_(in), key_(key) {}
    void operator()(std::string_view name, auto& field) {
        if (found_ || name != key_) return;
        found_ = true;
        name_ = name;
        understood_ = read(field);
    }
    void unless_empty(std::string_view name, auto& field) { (*this)(name, field); }

    [[nodiscard]] bool found() const { return found_; }
    [[nodiscard]] bool understood() const { return understood_; }
    /// The name as the table has it: printable, unlike the key of a hostile map.
    [[nodiscard]] std::string_view name() const { return name_; }

  private:
    bool read(bool& field) { return store(in_.read_boolean(), field); }
    bool read(std::string& field) { return store(in_.read_text(), field); }
    bool read(OptionalBytes& field) { return store(in_.read_bytes(), field); }
    bool read(ByteView& field) { return store(in_.read_view(), field); }
    bool read(Bytes& field) {
        auto value = in_.read_bytes();
        if (!value) return false;
        field = std::move(*value).value_or(Bytes{});
        return true;
    }
    template <std::unsigned_integral T>
    bool read(T& field) {
        const auto value = in_.read_unsigned();
        if (!value || *value > std::numeric_limits<T>::max()) return false;
        field = static_cast<T>(*value);
        return true;
    }
    template <class T>
    bool store(std::optional<T> value, auto& field) {
        if (value) field = *std::move(value);
        return value.has_value();
    }

    MsgpackReader& in_;
    std::string_view key_;
    std::string_view name_;
    bool found_ = false;
    bool understood_ = false;
};

void append_body(Bytes& out, const auto& body) {
    FieldCounter counter;
    visit_fields(counter, body);
    append_msgpack_map(out, counter.count());
    FieldWriter writer(out);
    visit_fields(writer, body);
}

/// Returns how many bytes the body took. Unknown keys are skipped, missing fields keep the value
/// they had, the last of a repeated key counts. Fails with a sentence that names the field; `body`
/// is then half filled.
template <class Body>
[[nodiscard]] Result<std::size_t> decode_body(ByteView bytes, Body& body) {
    MsgpackReader in(bytes);
    const auto pairs = in.read_map();
    if (!pairs) return fail("the body is not a map");
    for (std::uint64_t i = 0; i < *pairs; ++i) {
        const auto key = in.read_text();
        if (!key) return fail("the body is cut off or a key is not text");
        FieldReader reader(in, *key);
        visit_fields(reader, body);
        if (reader.found() && !reader.understood())
            return fail(std::string(reader.name()) +
                        " is cut off, out of range or of another type");
        if (!reader.found() && !in.skip()) return fail("an unknown field is cut off");
    }
    return in.position();
}

}  // namespace scrimp::wire
