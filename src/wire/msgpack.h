// The msgpack dialect of go-msgpack (codec/msgpack.go, WriteExt off), bounded.
//
// Writing: strings and byte slices alike in the legacy raw family (a0, da, db), integers in their
// shortest unsigned form, nil slices as c0. Reading takes more: str8, the bin family, arrays of
// small integers for bytes, signed forms of non-negative integers. Nothing is allocated from a
// declared length, lengths are compared with what is there first. A value that nobody asked for is
// skipped with a counter instead of recursion: depth costs no memory, and every value left to skip
// must have a byte of its own, so the cost is linear in the input.
// Left out: floats, extensions and signed output; they are skipped, never read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace scrimp::wire {

/// The first bytes of a value: what it is and how much follows.
struct MsgpackHead {
    enum class Kind : std::uint8_t {
        Incomplete,  ///< The head itself is cut off.
        Invalid,     ///< c1, which msgpack never assigned.
        Nil,
        Boolean,   ///< number: 0 or 1
        Unsigned,  ///< number: the value, also of non-negative signed forms
        Negative,
        Float,
        Raw,        ///< number: bytes that follow; string and binary forms alike
        Extension,  ///< number: bytes that follow
        Array,      ///< number: values that follow
        Map,        ///< number: pairs of values that follow
    };
    Kind kind = Kind::Incomplete;
    std::uint8_t size = 0;  ///< Of the head, at most nine. One byte: a head fits two registers.
    std::uint64_t number = 0;
};
[[nodiscard]] MsgpackHead read_msgpack_head(ByteView bytes);

/// Finds where a value ends without understanding it, and can be interrupted anywhere: each call
/// goes on where the last one stopped, so any split of the input costs linear time in all.
class MsgpackScanner {
  public:
    enum class Status : std::uint8_t { NeedsMore, Complete, Invalid, TooLarge };
    /// A value is too large as soon as what has been read of it declares more than `bytes_max`,
    /// before those bytes arrive.
    explicit MsgpackScanner(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
    /// `value` starts at the value's first byte and repeats what earlier calls saw.
    [[nodiscard]] Status scan(ByteView value);
    /// After Complete.
    [[nodiscard]] std::uint64_t size() const { return at_; }

  private:
    std::uint64_t bytes_max_;
    std::uint64_t at_ = 0;
    std::uint64_t values_left_ = 1;  ///< Each has a byte at least.
};

/// Reads values one after the other from borrowed bytes. A read that fails leaves the position
/// where it was; views it returns are valid as long as the bytes are.
class MsgpackReader {
  public:
    explicit MsgpackReader(ByteView bytes) : bytes_(bytes) {}
    [[nodiscard]] std::size_t position() const { return at_; }

    /// The number of pairs; not checked against what is there, so never reserve it.
    [[nodiscard]] std::optional<std::uint64_t> read_map();
    /// Raw, str or bin; nil reads as empty.
    [[nodiscard]] std::optional<std::string_view> read_text();
    /// Nil reads as 0, as Go leaves the zero value.
    [[nodiscard]] std::optional<std::uint64_t> read_unsigned();
    /// Nil reads as false, 0 and 1 as what they mean.
    [[nodiscard]] std::optional<bool> read_boolean();
    /// Raw, str, bin, or an array of integers below 256; nil is an empty inner optional.
    [[nodiscard]] std::optional<std::optional<Bytes>> read_bytes();
    /// The same without a copy, for raw, str and bin only; nil reads as empty.
    [[nodiscard]] std::optional<ByteView> read_view();
    [[nodiscard]] bool skip();

  private:
    [[nodiscard]] MsgpackHead peek() const { return read_msgpack_head(bytes_.subspan(at_)); }

    ByteView bytes_;
    std::size_t at_ = 0;
};

void append_msgpack_map(Bytes& out, std::size_t pairs);
void append_msgpack_raw(Bytes& out, ByteView bytes);
void append_msgpack_text(Bytes& out, std::string_view text);
void append_msgpack_unsigned(Bytes& out, std::uint64_t value);
void append_msgpack_boolean(Bytes& out, bool value);
void append_msgpack_nil(Bytes& out);

}  // namespace scrimp::wire
