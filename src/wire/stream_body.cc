#include "wire/stream_body.h"

#include <algorithm>

#include "wire/body.h"

namespace scrimp::wire {

namespace {

constexpr std::uint8_t state_max = 3;  // Left.
constexpr std::size_t versions_size = 6;
/// Names are announced in gossip too, where much longer ones fit no packet.
constexpr std::size_t node_name_bytes_max = 255;
/// What the allocator takes for a piece beside its bytes: at least its smallest piece in all.
constexpr std::size_t piece_overhead = 32;

/// What no member's state can lack or exceed; empty if nothing is wrong. Metadata takes the memory
/// that it takes on the wire, and is judged with the member.
std::string_view flaw_of(const NodeState& node) {
    if (node.name.empty() || node.name.size() > node_name_bytes_max) {
        return "Name is empty or too long";
    }
    if (!node.address || (node.address->size() != 4 && node.address->size() != 16)) {
        return "Addr is not 4 or 16 bytes";
    }
    if (node.versions && node.versions->size() > versions_size) return "Vsn is too long";
    if (node.state > state_max) return "State is none";
    return {};
}

std::size_t contents_of(const NodeState& node) {
    std::size_t bytes = node.name.size() + piece_overhead;
    for (const OptionalBytes* piece : {&node.address, &node.meta, &node.versions}) {
        if (*piece) bytes += (*piece)->size() + piece_overhead;
    }
    return bytes;
}

}  // namespace

StreamReader::Status StreamBody::feed(ByteView bytes) {
    if (stage_ == Stage::Ended) return status_;
    append(held_, bytes);
    while (stage_ != Stage::Ended && step()) {
    }
    let_go();
    return status_;
}

bool StreamBody::step() {
    switch (stage_) {
        case Stage::Type:
            return read_type();
        case Stage::PingBody:
            return read_message<Ping>();
        case Stage::AckBody:
            return read_message<Ack>();
        case Stage::ErrBody:
            return read_message<Err>();
        case Stage::UserSize:
            return read_user_size();
        case Stage::UserBytes: {
            User user;
            return read_counted(user.payload, user_.size) && complete(std::move(user));
        }
        case Stage::PushPullHead:
            return read_push_pull_head();
        case Stage::Nodes:
            return read_node();
        case Stage::UserState:
            return read_counted(push_pull_.user_state, head_.user_state_size) &&
                   complete(std::move(push_pull_));
        case Stage::Ended:
            break;
    }
    return false;
}

bool StreamBody::read_type() {
    if (unread().empty()) return false;
    const auto type = static_cast<MessageType>(unread()[0]);
    ++at_;
    switch (type) {
        case MessageType::Ping:
            stage_ = Stage::PingBody;
            return true;
        case MessageType::Ack:
            stage_ = Stage::AckBody;
            return true;
        case MessageType::Err:
            stage_ = Stage::ErrBody;
            return true;
        case MessageType::User:
            stage_ = Stage::UserSize;
            return true;
        case MessageType::PushPull:
            stage_ = Stage::PushPullHead;
            return true;
        default:
            return refuse(Reason::UnknownType,
                          "type " + std::to_string(static_cast<unsigned>(type)) + " (" +
                              std::string(name_of(type)) + ") does not belong in a stream here");
    }
}

template <class Body>
bool StreamBody::read_message() {
    Body body;
    constexpr std::string_view what = std::is_same_v<Body, Ping>  ? "ping"
                                      : std::is_same_v<Body, Ack> ? "ack"
                                                                  : "err";
    return read_body(what, body) && complete(std::move(body));
}

bool StreamBody::read_user_size() {
    if (!read_body("user", user_)) return false;
    if (user_.size > limits_.bytes_max)
        return refuse(Reason::TooLarge, "user: UserMsgLen is beyond the limit");
    stage_ = Stage::UserBytes;
    return true;
}

bool StreamBody::read_push_pull_head() {
    if (!read_body("pushPull", head_)) return false;
    if (head_.nodes > limits_.nodes_max)
        return refuse(Reason::TooLarge, "pushPull: Nodes is beyond the limit");
    if (head_.user_state_size > limits_.bytes_max)
        return refuse(Reason::TooLarge, "pushPull: UserStateLen is beyond the limit");
    push_pull_.join = head_.join;
    stage_ = Stage::Nodes;
    return true;
}

bool StreamBody::read_node() {
    if (push_pull_.nodes.size() == head_.nodes) {
        stage_ = Stage::UserState;
        return true;
    }
    NodeState node;
    if (!read_body("pushPull: node state", node)) return false;
    if (const std::string_view flaw = flaw_of(node); !flaw.empty())
        return refuse(Reason::BadBody, "pushPull: node state: " + std::string(flaw));
    nodes_contents_ += contents_of(node);
    push_pull_.nodes.push_back(std::move(node));
    return true;
}

bool StreamBody::read_counted(Bytes& out, std::uint64_t size) {
    if (unread().size() < size) return false;
    const ByteView counted = unread().first(static_cast<std::size_t>(size));
    if (at_ + counted.size() == held_.size() && counted.size() > at_) {
        // Nearly all that is held: hand over the buffer instead of copying it.
        held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ = 0;
        out = std::move(held_);
        held_.clear();
        return true;
    }
    out = to_bytes(counted);
    at_ += counted.size();
    return true;
}

template <class Body>
bool StreamBody::read_body(std::string_view what, Body& body) {
    const auto scanned = scanner_.scan(unread());
    if (scanned == MsgpackScanner::Status::Invalid)
        return refuse(Reason::BadBody, std::string(what) + ": the body is no msgpack");
    if (scanned == MsgpackScanner::Status::TooLarge)
        return refuse(Reason::TooLarge, std::string(what) + ": the body is beyond the limit");
    if (scanned == MsgpackScanner::Status::NeedsMore) return false;
    const auto used = decode_body(unread().first(static_cast<std::size_t>(scanner_.size())), body);
    if (!used) return refuse(Reason::BadBody, std::string(what) + ": " + used.error().message);
    at_ += *used;
    scanner_ = MsgpackScanner(limits_.bytes_max);
    return true;
}

bool StreamBody::refuse(Reason reason, std::string detail) {
    refusal_ = {reason, std::move(detail)};
    status_ = StreamReader::Status::Refused;
    stage_ = Stage::Ended;
    return false;
}

bool StreamBody::complete(StreamMessage message) {
    message_ = std::move(message);
    status_ = StreamReader::Status::Complete;
    stage_ = Stage::Ended;
    return true;
}

/// Once half of what is held is decoded, drops it: each byte is moved at most twice in all.
void StreamBody::let_go() {
    if (stage_ == Stage::Ended) {
        held_ = Bytes();
        at_ = 0;
    } else if (at_ > held_.size() / 2) {
        held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ = 0;
    }
}

}  // namespace scrimp::wire
