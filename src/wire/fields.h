// The one table of every body's fields: wire name, place, and whether it is left out when empty.
//
// Encoding, decoding and printing are visitors of this table, so they cannot disagree. Fields stand
// in the byte-wise alphabetical order in which go-msgpack writes them. A visitor is called as
// visitor(name, field) for a field that is always written and visitor.unless_empty(name, field) for
// one that is not; `body` is const or not as the visitor needs.
// Source: memberlist net.go (structs), docs/protocol.md section 2.
#pragma once

#include <concepts>
#include <type_traits>

#include "wire/message.h"
#include "wire/stream.h"

namespace scrimp::wire {

/// What opens a push/pull: how many node states and how many bytes of user state follow.
struct PushPullHeader {
    bool join = false;
    std::uint64_t nodes = 0;
    std::uint64_t user_state_size = 0;
};

/// What opens a user message in a stream.
struct UserHeader {
    std::uint64_t size = 0;
};

/// A compressed message; the bytes are borrowed.
struct Compression {
    std::uint8_t algorithm = 0;
    ByteView bytes;
};

template <class T, class Body>
concept Either = std::same_as<std::remove_const_t<T>, Body>;

void visit_fields(auto& visitor, Either<Ping> auto& body) {
    visitor("Node", body.node);
    visitor("SeqNo", body.seq_no);
    visitor.unless_empty("SourceAddr", body.source.address);
    visitor.unless_empty("SourceNode", body.source.node);
    visitor.unless_empty("SourcePort", body.source.port);
}

void visit_fields(auto& visitor, Either<IndirectPing> auto& body) {
    visitor("Nack", body.nack);
    visitor("Node", body.node);
    visitor("Port", body.port);
    visitor("SeqNo", body.seq_no);
    visitor.unless_empty("SourceAddr", body.source.address);
    visitor.unless_empty("SourceNode", body.source.node);
    visitor.unless_empty("SourcePort", body.source.port);
    visitor("Target", body.target);
}

void visit_fields(auto& visitor, Either<Ack> auto& body) {
    visitor("Payload", body.payload);
    visitor("SeqNo", body.seq_no);
}

void visit_fields(auto& visitor, Either<Nack> auto& body) {
    visitor("SeqNo", body.seq_no);
}

void visit_fields(auto& visitor, Either<Err> auto& body) {
    visitor("Error", body.error);
}

void visit_fields(auto& visitor, Either<Suspect> auto& body) {
    visitor("From", body.from);
    visitor("Incarnation", body.incarnation);
    visitor("Node", body.node);
}

void visit_fields(auto& visitor, Either<Alive> auto& body) {
    visitor("Addr", body.address);
    visitor("Incarnation", body.incarnation);
    visitor("Meta", body.meta);
    visitor("Node", body.node);
    visitor("Port", body.port);
    visitor("Vsn", body.versions);
}

void visit_fields(auto& visitor, Either<Dead> auto& body) {
    visitor("From", body.from);
    visitor("Incarnation", body.incarnation);
    visitor("Node", body.node);
}

void visit_fields(auto& visitor, Either<PushPullHeader> auto& body) {
    visitor("Join", body.join);
    visitor("Nodes", body.nodes);
    visitor("UserStateLen", body.user_state_size);
}

void visit_fields(auto& visitor, Either<NodeState> auto& body) {
    visitor("Addr", body.address);
    visitor("Incarnation", body.incarnation);
    visitor("Meta", body.meta);
    visitor("Name", body.name);
    visitor("Port", body.port);
    visitor("State", body.state);
    visitor("Vsn", body.versions);
}

void visit_fields(auto& visitor, Either<UserHeader> auto& body) {
    visitor("UserMsgLen", body.size);
}

void visit_fields(auto& visitor, Either<Compression> auto& body) {
    visitor("Algo", body.algorithm);
    visitor("Buf", body.bytes);
}

}  // namespace scrimp::wire
