// A body on the wire: one msgpack map, written from and read into the field table of fields.h.
#pragma once

#include <limits>
#include <utility>

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

/// Visitor: reads the values of a map into the fields of their names. Keys mostly come in the order
/// of the table, and then one visit reads the whole map; a key that comes earlier waits for the
/// next.
class FieldReader {
  public:
    FieldReader(MsgpackReader& in, std::uint64_t pairs) : in_(in), keys_left_(pairs) { next_key(); }
    void operator()(std::string_view name, auto& field) {
        if (name != key_ || !waiting()) return;
        visit_read_ = true;
        if (read(field)) return next_key();
        status_ = Status::BadValue;
        name_ = name;
    }
    void unless_empty(std::string_view name, auto& field) { (*this)(name, field); }

    /// Whether a key waits for a visit.
    [[nodiscard]] bool waiting() const { return status_ == Status::Waiting; }
    /// After a visit: passes over the key, and its value, if no field is called so.
    void skip_unknown() {
        if (std::exchange(visit_read_, false) || !waiting()) return;
        if (!in_.skip()) {
            status_ = Status::BadUnknown;
        } else {
            next_key();
        }
    }
    /// When nothing waits.
    [[nodiscard]] Result<void> outcome() const {
        switch (status_) {
            case Status::BadKey:
                return fail("the body is cut off or a key is not text");
            case Status::BadValue:
                return fail(std::string(name_) + " is cut off, out of range or of another type");
            case Status::BadUnknown:
                return fail("an unknown field is cut off");
            default:
                return {};
        }
    }

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

    void next_key() {
        if (keys_left_ == 0) {
            status_ = Status::Done;
            return;
        }
        --keys_left_;
        const auto key = in_.read_text();
        if (key) {
            key_ = *key;
        } else {
            status_ = Status::BadKey;
        }
    }

    enum class Status : std::uint8_t { Waiting, Done, BadKey, BadValue, BadUnknown };
    MsgpackReader& in_;
    std::uint64_t keys_left_;
    std::string_view key_;
    std::string_view name_;  ///< As the table has it: printable, unlike the key of a hostile map.
    Status status_ = Status::Waiting;
    bool visit_read_ = false;
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
    FieldReader reader(in, *pairs);
    while (reader.waiting()) {
        visit_fields(reader, body);
        reader.skip_unknown();
    }
    if (auto read = reader.outcome(); !read) return tl::unexpected(std::move(read.error()));
    return in.position();
}

}  // namespace scrimp::wire
