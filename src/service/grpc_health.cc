#include "service/grpc_health.h"

#include <array>
#include <cstdint>

#include "base/assert.h"
#include "service/condition.h"

namespace scrimp::service {
namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum class Frame : std::uint8_t { Data = 0, Headers = 1, Reset = 3, Settings = 4, GoAway = 7 };
constexpr std::uint8_t flag_end_stream = 0x1;
constexpr std::uint8_t flag_end_headers = 0x4;
constexpr std::uint8_t flag_padded = 0x8;
constexpr std::size_t frame_head_bytes = 9;
/// The largest that a peer may send who was told nothing else.
constexpr std::size_t frame_bytes_max = 16384;
constexpr std::uint32_t our_stream = 1;

/// Compressed or not, and a length of four bytes.
constexpr std::size_t message_head_bytes = 5;

char byte(std::size_t value) {
    return static_cast<char>(static_cast<std::uint8_t>(value & 0xff));
}

std::string big_endian(std::size_t value, int bytes) {
    std::string text;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += byte(value >> shift);
    return text;
}

std::size_t read_big_endian(std::string_view text) {
    std::size_t value = 0;
    for (const char c : text) value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
}

std::string frame(Frame kind, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
    std::string text = big_endian(payload.size(), 3);
    text += byte(static_cast<std::size_t>(kind));
    text += byte(flags);
    text += big_endian(stream, 4);
    return text.append(payload);
}

/// A string literal of HPACK, not Huffman coded: its length with a prefix of seven bits.
std::string literal(std::string_view text) {
    constexpr std::size_t prefix = 0x7f;
    SCRIMP_ASSERT(text.size() < prefix + 0x80 * 2);
    std::string coded;
    if (text.size() < prefix) {
        coded += byte(text.size());
    } else {
        std::size_t rest = text.size() - prefix;
        coded += byte(prefix);
        for (; rest >= 0x80; rest >>= 7) coded += byte(rest | 0x80);
        coded += byte(rest);
    }
    return coded.append(text);
}

std::string headers(std::string_view authority) {
    // Indices of the static table (RFC 7541, appendix A); literals are not indexed.
    std::string block;
    block += byte(0x83);                                            // :method POST
    block += byte(0x86);                                            // :scheme http
    block += byte(0x04) + literal("/grpc.health.v1.Health/Check");  // :path
    block += byte(0x01) + literal(authority);                       // :authority
    // content-type is 31: four bits of ones, and the rest.
    block += byte(0x0f);
    block += byte(31 - 0x0f) + literal("application/grpc");
    block += byte(0x00) + literal("te") + literal("trailers");
    return block;
}

CheckOutcome refused_with(std::string_view words) {
    return {.well = false,
            .reason = std::string(reason::code_mismatch) + ": " + std::string(words)};
}

/// Takes a number of protocol buffers off the front.
std::optional<std::uint64_t> take_varint(std::string_view& text) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !text.empty(); shift += 7) {
        const auto next = static_cast<std::uint8_t>(text.front());
        text.remove_prefix(1);
        value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
        if ((next & 0x80) == 0) return value;
    }
    return std::nullopt;
}

/// HealthCheckResponse: its only field is the status, number 1.
std::optional<std::uint64_t> read_status(std::string_view message) {
    std::uint64_t status = 0;  // What a message says that says nothing.
    while (!message.empty()) {
        const auto tag = take_varint(message);
        if (!tag) return std::nullopt;
        constexpr std::uint64_t number_type = 0;
        constexpr std::uint64_t bytes_type = 2;
        const auto value = take_varint(message);
        if (!value) return std::nullopt;
        if ((*tag & 7) == bytes_type) {
            if (*value > message.size()) return std::nullopt;
            message.remove_prefix(*value);
        } else if ((*tag & 7) != number_type) {
            return std::nullopt;
        } else if (*tag >> 3 == 1) {
            status = *value;
        }
    }
    return status;
}

CheckOutcome judge_message(std::string_view message) {
    constexpr std::array<std::string_view, 4> words = {"UNKNOWN", "SERVING", "NOT_SERVING",
                                                       "SERVICE_UNKNOWN"};
    const auto status = read_status(message);
    if (!status || *status >= words.size()) return refused_with("no status of grpc.health.v1");
    if (words[*status] == "SERVING") return {.well = true};
    return refused_with(words[*status]);
}

/// The payload of a DATA frame without its padding.
std::optional<std::string_view> unpadded(std::string_view payload, std::uint8_t flags) {
    if ((flags & flag_padded) == 0) return payload;
    if (payload.empty()) return std::nullopt;
    const auto padding = static_cast<std::uint8_t>(payload.front());
    payload.remove_prefix(1);
    if (padding > payload.size()) return std::nullopt;
    payload.remove_suffix(padding);
    return payload;
}

std::optional<CheckOutcome> judge_body(std::string_view body) {
    if (body.size() < message_head_bytes) return std::nullopt;
    if (body.front() != 0) return refused_with("compressed without having been asked");
    const std::size_t size = read_big_endian(body.substr(1, 4));
    if (size > frame_bytes_max) return refused_with("no answer of grpc.health.v1");
    body.remove_prefix(message_head_bytes);
    if (body.size() < size) return std::nullopt;
    return judge_message(body.substr(0, size));
}

}  // namespace

std::string grpc_health_request(std::string_view authority, std::string_view service) {
    std::string message;
    if (!service.empty()) {
        message += byte(0x0a);  // Field 1, bytes.
        std::size_t rest = service.size();
        for (; rest >= 0x80; rest >>= 7) message += byte(rest | 0x80);
        message += byte(rest);
        message.append(service);
    }
    const std::string body = byte(0) + big_endian(message.size(), 4) + message;
    return std::string(preface) + frame(Frame::Settings, 0, 0, "") +
           frame(Frame::Headers, flag_end_headers, our_stream, headers(authority)) +
           frame(Frame::Data, flag_end_stream, our_stream, body);
}

std::optional<CheckOutcome> judge_grpc_health(std::string_view received) {
    std::string body;
    bool first = true;
    while (received.size() >= frame_head_bytes) {
        const std::size_t size = read_big_endian(received.substr(0, 3));
        const auto kind = static_cast<Frame>(received[3]);
        const auto flags = static_cast<std::uint8_t>(received[4]);
        const std::size_t stream = read_big_endian(received.substr(5, 4)) & 0x7fffffff;
        if (size > frame_bytes_max || (first && kind != Frame::Settings)) {
            return refused_with("no HTTP/2");
        }
        first = false;
        if (kind == Frame::GoAway) return refused_with("the server ended the connection");
        if (received.size() < frame_head_bytes + size) return std::nullopt;
        const std::string_view payload = received.substr(frame_head_bytes, size);
        received.remove_prefix(frame_head_bytes + size);
        if (stream != our_stream) continue;
        if (kind == Frame::Reset) return refused_with("the server reset the stream");
        if (kind == Frame::Data) {
            const auto data = unpadded(payload, flags);
            if (!data) return refused_with("no HTTP/2");
            body.append(*data);
            if (auto outcome = judge_body(body)) return outcome;
        }
        const bool ends = kind == Frame::Data || kind == Frame::Headers;
        if (ends && (flags & flag_end_stream) != 0) {
            return refused_with("no such service, or no grpc.health.v1");
        }
    }
    return std::nullopt;
}

}  // namespace scrimp::service
