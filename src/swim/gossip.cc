#include "swim/gossip.h"

namespace scrimp::swim {

namespace {

/// Members told of our leaving without waiting for rumour: in a cluster of this size everybody has
/// taken us out of rotation one packet later. It costs that many small packets once in a life.
constexpr std::size_t goodbyes_max = 64;

}  // namespace

Gossip::Gossip(Instant now, Body& body, Courier& courier)
    : body_(body), courier_(courier), next_round_(now) {}

Instant Gossip::next_deadline() const {
    const bool quiet = body_.news.empty() && body_.user_messages.empty();
    return quiet || body_.roster.size() == 1 ? never : next_round_;
}

void Gossip::handle_deadline(Instant now) {
    if (now < next_deadline()) return;
    tell(now);
    next_round_ = now + pace();
}

Duration Gossip::pace() const {
    const std::size_t waits = body_.news.bytes() + body_.user_messages.bytes();
    const Config& config = body_.config;
    const int haste = waits > config.packet_bytes_max ? config.gossip_haste : 1;
    return config.gossip_interval / haste;
}

void Gossip::tell(Instant now) {
    const auto hears = [&](const Member& member) {
        // A dead member that is not dead learns so from what is told to it, and can refute.
        return member.state == State::Alive || member.state == State::Suspect ||
               (member.state == State::Dead &&
                now - member.changed_at <= body_.config.gossip_to_the_dead);
    };
    const auto count = static_cast<std::size_t>(body_.config.gossip_nodes);
    for (const Member* member : body_.roster.pick(count, body_.random, hears)) {
        if (!courier_.send_news(*member)) return;
    }
}

void Gossip::say_goodbye(Instant now, const wire::Dead& goodbye) {
    const auto lives = [](const Member& member) {
        return member.state == State::Alive || member.state == State::Suspect;
    };
    for (const Member* member : body_.roster.pick(goodbyes_max, body_.random, lives)) {
        courier_.send_to_member(*member, {goodbye});
    }
    next_round_ = now + body_.config.gossip_interval;
    tell(now);
}

}  // namespace scrimp::swim
