#include "wire/message.h"

#include "base/machine.h"
#include "wire/body.h"

namespace scrimp::wire {

namespace {

template <class Body>
Result<Message> decode_as(ByteView bytes) {
    Result<Message> message(tl::in_place, std::in_place_type<Body>);
    const auto used = decode_body(bytes.subspan(1), std::get<Body>(*message));
    if (!used) {
        const auto type = static_cast<MessageType>(bytes[0]);
        return fail(std::string(name_of(type)) + ": " + used.error().message);
    }
    return message;
}

}  // namespace

std::string_view name_of(MessageType type) {
    switch (type) {
        case MessageType::Ping:
            return "ping";
        case MessageType::IndirectPing:
            return "indirectPing";
        case MessageType::Ack:
            return "ack";
        case MessageType::Suspect:
            return "suspect";
        case MessageType::Alive:
            return "alive";
        case MessageType::Dead:
            return "dead";
        case MessageType::PushPull:
            return "pushPull";
        case MessageType::Compound:
            return "compound";
        case MessageType::User:
            return "user";
        case MessageType::Compress:
            return "compress";
        case MessageType::Encrypt:
            return "encrypt";
        case MessageType::Nack:
            return "nack";
        case MessageType::HasCrc:
            return "hasCrc";
        case MessageType::Err:
            return "err";
        case MessageType::HasLabel:
            return "label";
    }
    return "unknown";
}

bool travels_in_packets(MessageType type) {
    switch (type) {
        case MessageType::Ping:
        case MessageType::IndirectPing:
        case MessageType::Ack:
        case MessageType::Suspect:
        case MessageType::Alive:
        case MessageType::Dead:
        case MessageType::User:
        case MessageType::Nack:
            return true;
        default:
            return false;
    }
}

MessageType type_of(const Message& message) {
    return std::visit(Overloaded{
                          [](const Ping&) { return MessageType::Ping; },
                          [](const IndirectPing&) { return MessageType::IndirectPing; },
                          [](const Ack&) { return MessageType::Ack; },
                          [](const Nack&) { return MessageType::Nack; },
                          [](const Suspect&) { return MessageType::Suspect; },
                          [](const Alive&) { return MessageType::Alive; },
                          [](const Dead&) { return MessageType::Dead; },
                          [](const User&) { return MessageType::User; },
                      },
                      message);
}

Bytes encode_message(const Message& message) {
    Bytes out;
    out.reserve(128);  // All but messages with large metadata or payloads, in one allocation.
    append_u8(out, static_cast<std::uint8_t>(type_of(message)));
    std::visit(Overloaded{
                   [&](const User& user) { append(out, user.payload); },
                   [&](const auto& body) { append_body(out, body); },
               },
               message);
    return out;
}

Result<Message> decode_message(ByteView bytes) {
    if (bytes.empty()) return fail("a message without its type byte");
    switch (static_cast<MessageType>(bytes[0])) {
        case MessageType::Ping:
            return decode_as<Ping>(bytes);
        case MessageType::IndirectPing:
            return decode_as<IndirectPing>(bytes);
        case MessageType::Ack:
            return decode_as<Ack>(bytes);
        case MessageType::Nack:
            return decode_as<Nack>(bytes);
        case MessageType::Suspect:
            return decode_as<Suspect>(bytes);
        case MessageType::Alive:
            return decode_as<Alive>(bytes);
        case MessageType::Dead:
            return decode_as<Dead>(bytes);
        case MessageType::User:
            return User{to_bytes(bytes.subspan(1))};
        default:
            return fail("type " + std::to_string(std::to_integer<unsigned>(bytes[0])) +
                        " does not travel in packets");
    }
}

}  // namespace scrimp::wire
