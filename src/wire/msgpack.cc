#include "wire/msgpack.h"

#include "base/assert.h"

namespace scrimp::wire {

namespace {

using Kind = MsgpackHead::Kind;

/// A head of one byte and `width` bytes of big-endian number, plus `extra` that only count.
MsgpackHead numbered(ByteView bytes, Kind kind, std::size_t width, std::size_t extra = 0) {
    if (bytes.size() < 1 + width + extra) return {};
    std::uint64_t number = 0;
    for (std::size_t i = 1; i <= width; ++i)
        number = number << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    return {kind, static_cast<std::uint8_t>(1 + width + extra), number};
}

/// A signed form: go-msgpack 2 writes non-negative Go ints above 127 so.
MsgpackHead signed_number(ByteView bytes, std::size_t width) {
    MsgpackHead head = numbered(bytes, Kind::Unsigned, width);
    if (head.kind == Kind::Unsigned && (head.number >> (8 * width - 1)) != 0)
        head.kind = Kind::Negative;
    return head;
}

/// A number that is passed over: floats keep no value.
MsgpackHead opaque(ByteView bytes, Kind kind, std::size_t width) {
    MsgpackHead head = numbered(bytes, kind, width);
    head.number = 0;
    return head;
}

/// fixext: the sizes 1, 2, 4, 8, 16 and a type byte.
MsgpackHead fixed_extension(ByteView bytes, unsigned lead) {
    MsgpackHead head = numbered(bytes, Kind::Extension, 0, 1);
    head.number = std::uint64_t{1} << (lead - 0xd4);
    return head;
}

/// The forms from c0 to df, one lead byte each.
MsgpackHead read_named_head(ByteView bytes, unsigned lead) {
    switch (lead) {
        case 0xc0:
            return {Kind::Nil, 1, 0};
        case 0xc2:
            return {Kind::Boolean, 1, 0};
        case 0xc3:
            return {Kind::Boolean, 1, 1};
        case 0xc4:
        case 0xd9:
            return numbered(bytes, Kind::Raw, 1);
        case 0xc5:
        case 0xda:
            return numbered(bytes, Kind::Raw, 2);
        case 0xc6:
        case 0xdb:
            return numbered(bytes, Kind::Raw, 4);
        case 0xc7:
            return numbered(bytes, Kind::Extension, 1, 1);
        case 0xc8:
            return numbered(bytes, Kind::Extension, 2, 1);
        case 0xc9:
            return numbered(bytes, Kind::Extension, 4, 1);
        case 0xca:
            return opaque(bytes, Kind::Float, 4);
        case 0xcb:
            return opaque(bytes, Kind::Float, 8);
        case 0xcc:
            return numbered(bytes, Kind::Unsigned, 1);
        case 0xcd:
            return numbered(bytes, Kind::Unsigned, 2);
        case 0xce:
            return numbered(bytes, Kind::Unsigned, 4);
        case 0xcf:
            return numbered(bytes, Kind::Unsigned, 8);
        case 0xd0:
            return signed_number(bytes, 1);
        case 0xd1:
            return signed_number(bytes, 2);
        case 0xd2:
            return signed_number(bytes, 4);
        case 0xd3:
            return signed_number(bytes, 8);
        case 0xd4:
        case 0xd5:
        case 0xd6:
        case 0xd7:
        case 0xd8:
            return fixed_extension(bytes, lead);
        case 0xdc:
            return numbered(bytes, Kind::Array, 2);
        case 0xdd:
            return numbered(bytes, Kind::Array, 4);
        case 0xde:
            return numbered(bytes, Kind::Map, 2);
        case 0xdf:
            return numbered(bytes, Kind::Map, 4);
        default:
            return {Kind::Invalid, 0, 0};
    }
}

void append_number(Bytes& out, unsigned lead, std::uint64_t value, unsigned width) {
    append_u8(out, static_cast<std::uint8_t>(lead));
    for (unsigned i = width; i-- > 0;) append_u8(out, static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

MsgpackHead read_msgpack_head(ByteView bytes) {
    if (bytes.empty()) return {};
    const auto lead = std::to_integer<unsigned>(bytes[0]);
    if (lead < 0x80) return {Kind::Unsigned, 1, lead};
    if (lead < 0x90) return {Kind::Map, 1, lead & 0x0f};
    if (lead < 0xa0) return {Kind::Array, 1, lead & 0x0f};
    if (lead < 0xc0) return {Kind::Raw, 1, lead & 0x1f};
    if (lead >= 0xe0) return {Kind::Negative, 1, 0};
    return read_named_head(bytes, lead);
}

MsgpackScanner::Status MsgpackScanner::scan(ByteView value) {
    while (values_left_ > 0) {
        if (at_ >= value.size()) return Status::NeedsMore;
        const MsgpackHead head = read_msgpack_head(value.subspan(static_cast<std::size_t>(at_)));
        if (head.kind == Kind::Incomplete) return Status::NeedsMore;
        if (head.kind == Kind::Invalid) return Status::Invalid;
        at_ += head.size;
        --values_left_;
        if (head.kind == Kind::Raw || head.kind == Kind::Extension) at_ += head.number;
        if (head.kind == Kind::Array) values_left_ += head.number;
        if (head.kind == Kind::Map) values_left_ += 2 * head.number;
        if (at_ + values_left_ > bytes_max_) return Status::TooLarge;
    }
    return at_ <= value.size() ? Status::Complete : Status::NeedsMore;
}

std::optional<std::uint64_t> MsgpackReader::read_map() {
    const MsgpackHead head = peek();
    if (head.kind != Kind::Map) return std::nullopt;
    at_ += head.size;
    return head.number;
}

std::optional<ByteView> MsgpackReader::read_view() {
    const MsgpackHead head = peek();
    if (head.kind == Kind::Nil) {
        at_ += head.size;
        return ByteView{};
    }
    if (head.kind != Kind::Raw || head.number > bytes_.size() - at_ - head.size)
        return std::nullopt;
    const ByteView view = bytes_.subspan(at_ + head.size, static_cast<std::size_t>(head.number));
    at_ += head.size + view.size();
    return view;
}

std::optional<std::string_view> MsgpackReader::read_text() {
    const auto view = read_view();
    if (!view) return std::nullopt;
    return text_of(*view);
}

std::optional<std::uint64_t> MsgpackReader::read_unsigned() {
    const MsgpackHead head = peek();
    if (head.kind != Kind::Unsigned && head.kind != Kind::Nil) return std::nullopt;
    at_ += head.size;
    return head.number;
}

std::optional<bool> MsgpackReader::read_boolean() {
    const MsgpackHead head = peek();
    const bool fits = head.kind == Kind::Nil || head.kind == Kind::Boolean ||
                      (head.kind == Kind::Unsigned && head.number <= 1);
    if (!fits) return std::nullopt;
    at_ += head.size;
    return head.number == 1;
}

std::optional<std::optional<Bytes>> MsgpackReader::read_bytes() {
    const MsgpackHead head = peek();
    if (head.kind == Kind::Nil) {
        at_ += head.size;
        return std::optional<Bytes>{};
    }
    if (head.kind == Kind::Raw) {
        const auto view = read_view();
        if (!view) return std::nullopt;
        return to_bytes(*view);
    }
    if (head.kind != Kind::Array) return std::nullopt;
    const std::size_t start = at_;
    at_ += head.size;
    Bytes bytes;
    for (std::uint64_t i = 0; i < head.number; ++i) {
        const auto element = read_unsigned();
        if (!element || *element > 0xff) {
            at_ = start;
            return std::nullopt;
        }
        append_u8(bytes, static_cast<std::uint8_t>(*element));
    }
    return bytes;
}

bool MsgpackReader::skip() {
    const ByteView rest = bytes_.subspan(at_);
    MsgpackScanner scanner(rest.size());
    if (scanner.scan(rest) != MsgpackScanner::Status::Complete) return false;
    at_ += static_cast<std::size_t>(scanner.size());
    return true;
}

void append_msgpack_map(Bytes& out, std::size_t pairs) {
    SCRIMP_ASSERT(pairs < 16);  // The widest message has eight fields.
    append_u8(out, static_cast<std::uint8_t>(0x80 | pairs));
}

void append_msgpack_raw(Bytes& out, ByteView bytes) {
    const std::size_t size = bytes.size();
    if (size < 32) {
        append_u8(out, static_cast<std::uint8_t>(0xa0 | size));
    } else if (size <= 0xffff) {
        append_number(out, 0xda, size, 2);
    } else {
        SCRIMP_ASSERT(size <= 0xffff'ffff);
        append_number(out, 0xdb, size, 4);
    }
    append(out, bytes);
}

void append_msgpack_text(Bytes& out, std::string_view text) {
    append_msgpack_raw(out, view_of(text));
}

void append_msgpack_unsigned(Bytes& out, std::uint64_t value) {
    if (value < 0x80) {
        append_u8(out, static_cast<std::uint8_t>(value));
    } else if (value <= 0xff) {
        append_number(out, 0xcc, value, 1);
    } else if (value <= 0xffff) {
        append_number(out, 0xcd, value, 2);
    } else if (value <= 0xffff'ffff) {
        append_number(out, 0xce, value, 4);
    } else {
        append_number(out, 0xcf, value, 8);
    }
}

void append_msgpack_boolean(Bytes& out, bool value) {
    append_u8(out, value ? 0xc3 : 0xc2);
}

void append_msgpack_nil(Bytes& out) {
    append_u8(out, 0xc0);
}

}  // namespace scrimp::wire
