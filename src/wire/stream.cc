#include "wire/stream.h"

#include <optional>

#include "base/assert.h"
#include "base/machine.h"
#include "wire/body.h"
#include "wire/compression.h"
#include "wire/label.h"
#include "wire/stream_body.h"

namespace scrimp::wire {

namespace {

/// Type byte and length, before a sealed stream; they are authenticated with the label.
constexpr std::size_t seal_header_size = 1 + 4;

MessageType type_at(ByteView bytes) {
    return static_cast<MessageType>(bytes[0]);
}

Bytes sealed_header(std::size_t sealed_size) {
    SCRIMP_ASSERT(sealed_size <= 0xffff'ffff);
    Bytes header;
    append_u8(header, static_cast<std::uint8_t>(MessageType::Encrypt));
    append_u32be(header, static_cast<std::uint32_t>(sealed_size));
    return header;
}

Bytes stream_associated(ByteView header, std::string_view label) {
    Bytes associated = to_bytes(header);
    append(associated, view_of(label));
    return associated;
}

}  // namespace

Bytes encode_stream_body(const StreamMessage& message) {
    Bytes out;
    const auto start = [&](MessageType type) { append_u8(out, static_cast<std::uint8_t>(type)); };
    std::visit(Overloaded{
                   [&](const Ping& ping) {
                       start(MessageType::Ping);
                       append_body(out, ping);
                   },
                   [&](const Ack& ack) {
                       start(MessageType::Ack);
                       append_body(out, ack);
                   },
                   [&](const Err& err) {
                       start(MessageType::Err);
                       append_body(out, err);
                   },
                   [&](const User& user) {
                       start(MessageType::User);
                       append_body(out, UserHeader{user.payload.size()});
                       append(out, user.payload);
                   },
                   [&](const PushPull& state) {
                       start(MessageType::PushPull);
                       append_body(out, PushPullHeader{state.join, state.nodes.size(),
                                                       state.user_state.size()});
                       for (const NodeState& node : state.nodes) append_body(out, node);
                       append(out, state.user_state);
                   },
               },
               message);
    return out;
}

void append_sealed_stream(Bytes& out, ByteView plain, std::string_view label, const Keyring& keys,
                          const Sealing& sealing) {
    const std::size_t padding = sealing.version == 0 ? 16 - plain.size() % 16 : 0;
    const Bytes header = sealed_header(plain.size() + padding + seal_overhead);
    append(out, header);
    keys.seal_as(out, plain, stream_associated(header, label), sealing);
}

Bytes encode_stream(const StreamMessage& message, const Envelope& envelope, Direction direction,
                    const NonceSource& nonces) {
    Bytes plain = encode_stream_body(message);
    if (envelope.compress) {
        if (auto compressed = compress_if_smaller(plain)) plain = *std::move(compressed);
    }
    Bytes out;
    if (direction == Direction::FromDialer) append_label(out, envelope.label);
    if (!seals(envelope)) {
        if (out.empty()) return plain;
        append(out, plain);
        return out;
    }
    Sealing sealing;
    nonces(sealing.nonce);
    append_sealed_stream(out, plain, envelope.label, envelope.keys, sealing);
    return out;
}

struct StreamReader::State {
    enum class Stage : std::uint8_t { Label, Outermost, Sealed, Compressed, Body };

    State(const Envelope& shared, Direction from, StreamLimits given)
        : envelope(&shared),
          direction(from),
          limits(given),
          scanner(given.bytes_max),
          body(given) {}

    Status feed(ByteView bytes);
    bool step();
    bool read_label_header();
    bool read_outermost();
    bool read_sealed();
    bool read_compressed();
    void read_inner(ByteView plain);
    void inflate_inner(ByteView message);
    void feed_body(ByteView bytes, bool all);
    bool refuse(Refusal why);
    bool refuse(Reason reason, std::string detail) {
        return refuse(Refusal{reason, std::move(detail)});
    }

    const Envelope* envelope;
    Direction direction;
    StreamLimits limits;
    Stage stage = Stage::Label;
    Bytes held;  ///< Of the envelope in hand; empty once the body is reached.
    std::uint64_t fed = 0;
    MsgpackScanner scanner;
    StreamBody body;
    StreamLayers layers;
    Status status = Status::NeedsMore;
    Refusal refusal{};
    bool taken = false;
};

StreamReader::Status StreamReader::State::feed(ByteView bytes) {
    if (status != Status::NeedsMore) return status;
    fed += bytes.size();
    // What seal, label and headers add on top is small; the limit needs no exactness.
    if (fed > limits.bytes_max + packet_envelope_overhead_max) {
        refuse(Reason::TooLarge, "the stream is beyond the limit");
        return status;
    }
    if (stage == Stage::Body) {
        feed_body(bytes, false);
        return status;
    }
    append(held, bytes);
    while (status == Status::NeedsMore && stage != Stage::Body && step()) {
    }
    if (status != Status::NeedsMore || stage == Stage::Body) held = Bytes();
    return status;
}

bool StreamReader::State::step() {
    switch (stage) {
        case Stage::Label:
            return read_label_header();
        case Stage::Outermost:
            return read_outermost();
        case Stage::Sealed:
            return read_sealed();
        case Stage::Compressed:
            return read_compressed();
        case Stage::Body:
            break;
    }
    return false;
}

bool StreamReader::State::read_label_header() {
    if (held.empty()) return false;
    stage = Stage::Outermost;
    if (direction == Direction::FromAcceptor) return true;
    const auto header = read_label(held);
    if (!header && header.error().reason == Reason::Truncated) {
        stage = Stage::Label;
        return false;
    }
    if (!header) return refuse(header.error());
    if (auto ours = check_label(header->label, envelope->label); !ours) return refuse(ours.error());
    layers.labelled = header->size > 0;
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(header->size));
    return true;
}

bool StreamReader::State::read_outermost() {
    if (held.empty()) return false;
    const bool sealed = type_at(held) == MessageType::Encrypt;
    if (sealed && envelope->keys.empty())
        return refuse(Reason::Undecryptable, "encrypt: a sealed stream, and there is no key");
    if (!sealed && !envelope->keys.empty() && envelope->verify_incoming)
        return refuse(Reason::NotEncrypted, "a plain stream where sealed ones are wanted");
    if (sealed) {
        stage = Stage::Sealed;
    } else if (type_at(held) == MessageType::Compress) {
        stage = Stage::Compressed;
    } else {
        stage = Stage::Body;
        feed_body(held, false);
    }
    return true;
}

bool StreamReader::State::read_sealed() {
    if (held.size() < seal_header_size) return false;
    const std::size_t size = read_u32be(held, 1);
    if (size > limits.bytes_max)
        return refuse(Reason::TooLarge, "encrypt: the length is beyond the limit");
    if (held.size() - seal_header_size < size) return false;
    const ByteView header = ByteView(held).first(seal_header_size);
    const auto opened = envelope->keys.open_sealed(ByteView(held).subspan(seal_header_size, size),
                                                   stream_associated(header, envelope->label));
    if (!opened) return refuse(Reason::Undecryptable, "encrypt: " + opened.error().message);
    layers.sealing = opened->sealing;
    read_inner(opened->plain);
    return true;
}

bool StreamReader::State::read_compressed() {
    const ByteView value = ByteView(held).subspan(1);
    const auto scanned = scanner.scan(value);
    if (scanned == MsgpackScanner::Status::Invalid)
        return refuse(Reason::BadBody, "compress: the body is no msgpack");
    if (scanned == MsgpackScanner::Status::TooLarge)
        return refuse(Reason::TooLarge, "compress: the body is beyond the limit");
    if (scanned == MsgpackScanner::Status::NeedsMore) return false;
    inflate_inner(value);
    return true;
}

/// What a seal held: all there is.
void StreamReader::State::read_inner(ByteView plain) {
    if (plain.empty()) {
        refuse(Reason::Empty, "encrypt: nothing inside");
    } else if (type_at(plain) == MessageType::Compress) {
        inflate_inner(plain.subspan(1));
    } else {
        feed_body(plain, true);
    }
}

void StreamReader::State::inflate_inner(ByteView compressed) {
    const auto inflated = decompress(compressed, limits.inflated_bytes_max);
    if (!inflated) {
        refuse(inflated.error());
        return;
    }
    layers.compressed = true;
    feed_body(*inflated, true);
}

/// `all`: no more can follow, since the bytes came out of an envelope.
void StreamReader::State::feed_body(ByteView bytes, bool all) {
    stage = Stage::Body;
    status = body.feed(bytes);
    if (status == Status::Refused) refusal = body.refusal();
    if (status == Status::NeedsMore && all)
        refuse(Reason::Truncated, "the message in the envelope is cut off");
}

bool StreamReader::State::refuse(Refusal why) {
    refusal = std::move(why);
    status = Status::Refused;
    return false;
}

StreamReader::StreamReader(const Envelope& envelope, Direction direction, StreamLimits limits)
    : state_(std::make_unique<State>(envelope, direction, limits)) {}
StreamReader::~StreamReader() = default;
StreamReader::StreamReader(StreamReader&&) noexcept = default;
StreamReader& StreamReader::operator=(StreamReader&&) noexcept = default;

StreamReader::Status StreamReader::feed(ByteView bytes) {
    return state_->feed(bytes);
}

StreamMessage StreamReader::take() {
    SCRIMP_ASSERT(state_->status == Status::Complete && !state_->taken);
    state_->taken = true;
    return state_->body.take();
}

const Refusal& StreamReader::refusal() const {
    SCRIMP_ASSERT(state_->status == Status::Refused);
    return state_->refusal;
}

const StreamLayers& StreamReader::layers() const {
    return state_->layers;
}

std::size_t StreamReader::held() const {
    return state_->held.capacity() + state_->body.held();
}

}  // namespace scrimp::wire
