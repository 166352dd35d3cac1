// Everything a node says by packet: one answer or question with news on its back, or news alone.
//
// Source: memberlist net.go (sendMsg, rawSendMsgPacket), state.go (gossip).
#pragma once

#include "swim/body.h"

namespace scrimp::swim {

class Courier {
  public:
    explicit Courier(Body& body) : body_(body) {}

    /// Sends `message`, and in the room it leaves news that wait.
    void send(const Endpoint& to, const wire::Message& message);
    /// Sends `message` to somebody who may be dead: news told to him would count as told.
    void send_alone(const Endpoint& to, const wire::Message& message);
    /// Sends just these, as one packet, with a CRC if the member understands it.
    void send_to_member(const Member& member, const std::vector<wire::Message>& messages);
    /// Sends what news wait to a member; false if there were none.
    bool send_news(const Member& member);

    /// What a user message may measure to fit into a packet of its own.
    [[nodiscard]] std::size_t user_bytes_max() const;

  private:
    void draw(std::size_t room, std::vector<Bytes>& parts);
    void post(const Endpoint& to, const std::vector<Bytes>& parts, bool with_crc);

    Body& body_;
};

}  // namespace scrimp::swim
