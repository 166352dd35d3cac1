// One TCP connection: one operation, then it ends.
//
//   [label] [encrypt: 0a | u32be length | sealed] [compress] type, body
//
// A StreamReader takes bytes in any split and yields at most one StreamMessage, or one refusal,
// after which it takes no more. It holds at most what has arrived, never what was declared.
// Source: memberlist net.go:readStream, readRemoteState; docs/protocol.md section 5.
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "wire/packet.h"

namespace scrimp::wire {

/// Sealed or compressed length a stream may declare and hold (net.go, maxPushStateBytes).
inline constexpr std::size_t stream_bytes_max_default = std::size_t{20} << 20;
inline constexpr std::size_t stream_inflated_bytes_max = std::size_t{40} << 20;

/// State values on the wire (state.go, NodeStateType); other values are refused, as are names that
/// are empty or over 255 bytes, addresses not of 4 or 16 bytes, and versions longer than 6.
struct NodeState {
    std::string name;
    OptionalBytes address;
    std::uint16_t port = 0;
    OptionalBytes meta;
    std::uint32_t incarnation = 0;
    std::uint8_t state = 0;  ///< 0 alive, 1 suspect, 2 dead, 3 left.
    OptionalBytes versions;
    friend bool operator==(const NodeState&, const NodeState&) = default;
};

/// One side's whole view of the cluster.
struct PushPull {
    bool join = false;
    std::vector<NodeState> nodes;
    Bytes user_state;
    friend bool operator==(const PushPull&, const PushPull&) = default;
};

using StreamMessage = std::variant<Ping, Ack, Err, User, PushPull>;

/// Whether this end opened the connection: only what the dialer sends carries the label header,
/// though the label is authenticated both ways.
enum class Direction : std::uint8_t { FromDialer, FromAcceptor };

[[nodiscard]] Bytes encode_stream(const StreamMessage& message, const Envelope& envelope,
                                  Direction direction, const NonceSource& nonces);

/// The innermost part alone: type byte and body.
[[nodiscard]] Bytes encode_stream_body(const StreamMessage& message);
/// Header and sealed payload of `plain`; the label is authenticated, not written.
void append_sealed_stream(Bytes& out, ByteView plain, std::string_view label, const Keyring& keys,
                          const Sealing& sealing);

struct StreamLimits {
    std::size_t bytes_max = stream_bytes_max_default;
    std::size_t nodes_max = std::size_t{1} << 20;  ///< As memberlist from 0.6.0.
    std::size_t inflated_bytes_max = stream_inflated_bytes_max;
};

/// The envelopes a stream came in.
struct StreamLayers {
    bool labelled = false;
    std::optional<Sealing> sealing;
    bool compressed = false;
    friend bool operator==(const StreamLayers&, const StreamLayers&) = default;
};

/// `direction` is that of the bytes read: who accepted the connection reads FromDialer.
class StreamReader {
  public:
    /// `envelope` must outlive the reader.
    StreamReader(const Envelope& envelope, Direction direction, StreamLimits limits = {});
    ~StreamReader();
    StreamReader(StreamReader&&) noexcept;
    StreamReader& operator=(StreamReader&&) noexcept;

    enum class Status : std::uint8_t { NeedsMore, Complete, Refused };
    /// Bytes after a complete message are ignored. Cost: linear in all the bytes fed, any split.
    [[nodiscard]] Status feed(ByteView bytes);

    /// After Complete, once.
    [[nodiscard]] StreamMessage take();
    /// After Refused.
    [[nodiscard]] const Refusal& refusal() const;
    /// Those opened so far.
    [[nodiscard]] const StreamLayers& layers() const;
    /// Bytes of memory taken by what has arrived, about.
    [[nodiscard]] std::size_t held() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace scrimp::wire
