#include "wire/compression.h"

#include "wire/body.h"
#include "wire/lzw.h"

namespace scrimp::wire {

namespace {

constexpr std::uint8_t algorithm_lzw = 0;

tl::unexpected<Refusal> refuse(Reason reason, std::string detail) {
    return tl::unexpected(Refusal{reason, std::move(detail)});
}

Bytes wrap(ByteView compressed) {
    Bytes out;
    out.reserve(compressed.size() + 16);  // What type byte, names and length add, rounded up.
    append_u8(out, static_cast<std::uint8_t>(MessageType::Compress));
    append_body(out, Compression{algorithm_lzw, compressed});
    return out;
}

}  // namespace

Bytes compress(ByteView message) {
    return wrap(lzw_encode(message));
}

std::optional<Bytes> compress_if_smaller(ByteView message) {
    const auto compressed = lzw_encode_within(message, message.size());
    if (!compressed) return std::nullopt;
    Bytes wrapped = wrap(*compressed);
    if (wrapped.size() >= message.size()) return std::nullopt;
    return wrapped;
}

Result<Bytes, Refusal> decompress(ByteView body, std::size_t inflated_bytes_max) {
    Compression compression;
    if (const auto used = decode_body(body, compression); !used)
        return refuse(Reason::BadBody, "compress: " + used.error().message);
    if (compression.algorithm != algorithm_lzw)
        return refuse(Reason::BadCompression,
                      "compress: unknown algorithm " + std::to_string(compression.algorithm));
    auto plain = lzw_decode(compression.bytes, inflated_bytes_max);
    if (plain) {
        if (plain->empty()) return refuse(Reason::Empty, "compress: yields nothing");
        return *std::move(plain);
    }
    switch (plain.error()) {
        case LzwError::InvalidCode:
            return refuse(Reason::BadCompression, "compress: an invalid LZW code");
        case LzwError::NoEnd:
            return refuse(Reason::BadCompression, "compress: the LZW data has no end code");
        case LzwError::TooLarge:
            break;
    }
    return refuse(Reason::TooLarge, "compress: inflates beyond the limit");
}

}  // namespace scrimp::wire
