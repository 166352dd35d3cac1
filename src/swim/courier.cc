#include "swim/courier.h"

#include "swim/formulas.h"

namespace scrimp::swim {

namespace {

/// Type byte and checksum: memberlist adds them beyond its budget, we keep to ours.
constexpr std::size_t crc_bytes = 5;
constexpr std::size_t type_bytes = 1;

/// From this protocol version a peer understands a CRC (ProtocolVersion5 in config.go).
bool understands_crc(const Member& member) {
    return member.profile->versions[1] >= 5;
}

}  // namespace

void Courier::send(const Endpoint& to, const wire::Message& message) {
    std::vector<Bytes> parts{wire::encode_message(message)};
    const std::size_t taken =
        wire::compound_overhead + wire::compound_part_overhead + parts[0].size();
    const std::size_t room = wire::packet_room(*body_.envelope, body_.config.packet_bytes_max);
    if (taken < room) draw(room - taken, parts);
    post(to, parts, false);
}

void Courier::send_alone(const Endpoint& to, const wire::Message& message) {
    post(to, {wire::encode_message(message)}, false);
}

void Courier::send_to_member(const Member& member, const std::vector<wire::Message>& messages) {
    std::vector<Bytes> parts;
    for (const wire::Message& message : messages) parts.push_back(wire::encode_message(message));
    post(member.profile->endpoint, parts, understands_crc(member));
}

bool Courier::send_news(const Member& member) {
    std::vector<Bytes> parts;
    draw(wire::packet_room(*body_.envelope, body_.config.packet_bytes_max) -
             wire::compound_overhead - crc_bytes,
         parts);
    if (parts.empty()) return false;
    post(member.profile->endpoint, parts, understands_crc(member));
    return true;
}

std::size_t Courier::user_bytes_max() const {
    // As though sealed: what waits to be told must still fit when keys come in the meantime.
    const std::size_t room = wire::packet_room(*body_.envelope, body_.config.packet_bytes_max) -
                             (wire::seals(*body_.envelope) ? 0 : wire::seal_overhead);
    return room - wire::compound_overhead - wire::compound_part_overhead - crc_bytes - type_bytes;
}

void Courier::draw(std::size_t room, std::vector<Bytes>& parts) {
    const std::size_t members = body_.roster.size();
    const int limit = retransmit_limit(retransmit_mult_among(members, body_.config), members);
    const std::size_t before = parts.size();
    body_.news.draw(room, wire::compound_parts_max_sent - parts.size(), limit, parts);
    for (std::size_t i = before; i < parts.size(); ++i) {
        room -= parts[i].size() + wire::compound_part_overhead;
    }
    body_.user_messages.draw(room, wire::compound_parts_max_sent - parts.size(), limit, parts);
}

void Courier::post(const Endpoint& to, const std::vector<Bytes>& parts, bool with_crc) {
    Bytes packet = wire::encode_packet(parts, *body_.envelope, with_crc, body_.nonces);
    ++body_.stats.packets_sent;
    body_.stats.bytes_sent += packet.size();
    body_.actions.push_back(SendPacket{to, std::move(packet)});
}

}  // namespace scrimp::swim
