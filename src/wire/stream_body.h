// The innermost part of a stream: type byte, body and what the body announces, in any split.
//
// It holds what has arrived and not been decoded yet: a push/pull's node states are decoded and let
// go one by one as they come. Declared sizes are compared with the limits at once, and otherwise
// only tell what to wait for. A node state that could be of no member is refused: an empty map is
// one byte on the wire and a hundred and more in memory.
#pragma once

#include "wire/fields.h"
#include "wire/msgpack.h"
#include "wire/stream.h"

namespace scrimp::wire {

class StreamBody {
  public:
    explicit StreamBody(StreamLimits limits) : limits_(limits), scanner_(limits.bytes_max) {}

    /// After Complete or Refused, bytes are ignored.
    StreamReader::Status feed(ByteView bytes);
    [[nodiscard]] StreamMessage take() { return std::move(message_); }
    [[nodiscard]] const Refusal& refusal() const { return refusal_; }
    /// Bytes of memory taken, about.
    [[nodiscard]] std::size_t held() const {
        return held_.capacity() + push_pull_.nodes.capacity() * sizeof(NodeState) + nodes_contents_;
    }

  private:
    enum class Stage : std::uint8_t {
        Type,
        PingBody,
        AckBody,
        ErrBody,
        UserSize,
        UserBytes,
        PushPullHead,
        Nodes,
        UserState,
        Ended
    };

    [[nodiscard]] ByteView unread() const { return ByteView(held_).subspan(at_); }
    /// One step of the current stage; false if it needs more bytes.
    bool step();
    bool read_type();
    bool read_user_size();
    bool read_push_pull_head();
    bool read_node();
    bool read_counted(Bytes& out, std::uint64_t size);
    template <class Body>
    bool read_message();
    /// Decodes one whole value into `body` and passes over it; false if it is not whole yet, or
    /// refused.
    template <class Body>
    bool read_body(std::string_view what, Body& body);
    bool refuse(Reason reason, std::string detail);
    bool complete(StreamMessage message);
    void let_go();

    StreamLimits limits_;
    Stage stage_ = Stage::Type;
    Bytes held_;
    std::size_t at_ = 0;  ///< Everything before is decoded.
    MsgpackScanner scanner_;
    UserHeader user_;
    PushPullHeader head_;
    PushPull push_pull_;
    std::size_t nodes_contents_ = 0;  ///< What the nodes hold outside themselves.
    StreamMessage message_;
    StreamReader::Status status_ = StreamReader::Status::NeedsMore;
    Refusal refusal_{};
};

}  // namespace scrimp::wire
