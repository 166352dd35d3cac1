// What one node believes about others, told it message by message.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "swim/membership.h"
#include "swim/profile_pool.h"

namespace scrimp::swim {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Rules : public testing::Test {
  protected:
    static Member self_member() {
        Profile profile{"self", *parse_endpoint("10.0.0.1:7946"), false, {}, {1, 5, 2, 0, 0, 0}};
        return {intern(profile), 1, State::Alive, Instant{}};
    }
    static wire::Alive alive(std::string name, std::uint32_t incarnation, int host = 2,
                             std::string_view meta = "") {
        const auto address = parse_ip("10.0.0." + std::to_string(host))->ip_bytes();
        wire::Alive said{incarnation, std::move(name), address,
                         7946,        std::nullopt,    *parse_hex("010502000000")};
        if (!meta.empty()) said.meta = to_bytes(meta);
        return said;
    }
    static wire::NodeState remote(std::string name, std::uint32_t incarnation, State state) {
        wire::Alive said = alive(name, incarnation);
        return {name,         said.address, said.port,
                said.meta,    incarnation,  static_cast<std::uint8_t>(state),
                said.versions};
    }
    void meet(const std::string& name, std::uint32_t incarnation, int host = 2) {
        rules.handle_alive(now, alive(name, incarnation, host));
    }
    std::string state(std::string_view name) {
        const Member* member = body.roster.find(name);
        if (member == nullptr) return "unknown";
        return std::string(name_of(member->state)) + " " + std::to_string(member->incarnation);
    }
    /// The changes since the last look.
    std::string changes() {
        std::string text;
        for (const Action& action : body.actions) {
            if (const auto* event = std::get_if<MemberEvent>(&action)) {
                text += (text.empty() ? "" : " ") + std::string(name_of(event->change));
            } else if (std::holds_alternative<NameConflict>(action)) {
                text += (text.empty() ? "" : " ") + std::string("conflict");
            } else if (const auto* refused = std::get_if<AnnouncementRefused>(&action)) {
                text += (text.empty() ? "" : " ") + std::string("refused: ") + refused->reason;
            }
        }
        body.actions.clear();
        return text;
    }
    /// What waits to be gossiped about anybody; taken from the queue.
    std::vector<wire::Message> news() {
        std::vector<Bytes> parts;
        body.news.draw(100'000, 127, 1, parts);
        std::vector<wire::Message> messages;
        for (const Bytes& part : parts) messages.push_back(*wire::decode_message(part));
        return messages;
    }

    Instant now{seconds{100}};
    Body body{Config{}, {}, Random(1), Roster(self_member()), Health(8)};
    Membership rules{body};
};

}  // namespace scrimp::swim
