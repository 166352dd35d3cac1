// A whole node that is told anything in any order: the input is a script of packets, streams,
// deadlines and calls, some raw bytes, most of them well-formed news about a few members, so that
// states are reached that single messages never reach. After every step the node must still be one:
// sorted members within their limit, itself among them, events that fold into members(), packets
// that fit and decode, streams within their limit, deadlines that pass.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "base/machine.h"
#include "fuzz.h"
#include "swim/node.h"

namespace {

using namespace scrimp;
using swim::Change;
using swim::State;
using swim::StreamId;

constexpr std::size_t members_max = 8;
constexpr std::size_t streams_max = 4;
/// A long script says nothing that several short ones do not, and takes their time.
constexpr int steps_max = 200;
/// Deadlines that follow from each other at one instant, at most: probe, gossip, push/pull,
/// streams.
constexpr int wakes_max = 32;

class Script {
  public:
    explicit Script(ByteView input) : rest_(input) {}
    [[nodiscard]] bool over() const { return rest_.empty(); }
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const auto first = std::to_integer<std::uint8_t>(rest_[0]);
        rest_ = rest_.subspan(1);
        return first;
    }
    ByteView bytes(std::size_t size) {
        const ByteView taken = rest_.first(std::min(size, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }

  private:
    ByteView rest_;
};

wire::NonceSource zeros() {
    return [](std::span<std::byte> nonce) { std::ranges::fill(nonce, std::byte{}); };
}

wire::Envelope make_envelope(std::size_t choice) {
    wire::Envelope envelope;
    if ((choice & 1) != 0) envelope.label = "prod";
    if ((choice & 2) != 0) SCRIMP_ASSERT(envelope.keys.add(Bytes(16, std::byte{1})));
    // With both off, as while encryption comes to a running cluster.
    envelope.verify_incoming = envelope.verify_outgoing = (choice & 4) == 0;
    envelope.compress = (choice & 8) != 0;
    return envelope;
}

/// Made once: a key's tables cost more than most scripts.
const wire::Envelope& envelope_of(std::uint8_t choice) {
    static const auto all = [] {
        std::array<wire::Envelope, 16> envelopes;
        for (std::size_t i = 0; i < envelopes.size(); ++i) envelopes[i] = make_envelope(i);
        return envelopes;
    }();
    return all[choice % all.size()];
}

swim::Config small_config() {
    swim::Config config = swim::lan_profile();
    config.members_max = members_max;
    config.stream_limits.nodes_max = members_max;
    config.streams_max = streams_max;
    config.streams_per_address_max = streams_max;
    config.streams_bytes_max = 4096;
    return config;
}

Endpoint host(std::uint8_t number) {
    return *parse_ip("10.0.0." + std::to_string(number % 6 + 1), 7946);
}
std::string name(std::uint8_t number) {
    return number % 6 == 0 ? "self" : "n" + std::to_string(number % 6);
}

class Life {
  public:
    explicit Life(std::uint8_t choice)
        : config_(small_config()),
          node_(now_, with(config_, choice), swim::Identity{"self", host(0), {}}, zeros(), 1) {}

    void step(Script& script);
    void check();

  private:
    static swim::Config with(swim::Config config, std::uint8_t choice) {
        config.envelope = envelope_of(choice);
        return config;
    }
    wire::Message news(Script& script);
    wire::Message speech(Script& script);
    wire::StreamMessage stream_message(Script& script);
    void hear(const Endpoint& from, const wire::Message& message);
    void advance(Script& script);
    void touch_stream(Script& script);
    void call(Script& script);
    void take();
    void take(const swim::Action& action);
    void fold(const swim::MemberEvent& event);

    Instant now_{std::chrono::seconds{1}};
    swim::Config config_;
    swim::Node node_;
    std::uint32_t question_ = 0;        ///< The last that it asked anybody.
    std::map<StreamId, bool> streams_;  ///< Open ones; whether the node dialled.
    std::map<std::string, State> folded_;
    std::uint32_t incarnation_ = 0;
};

wire::Message Life::news(Script& script) {
    const std::uint8_t who = script.byte();
    const std::uint8_t how = script.byte();
    const std::uint32_t incarnation = how % 16 == 15 ? 0xffff'0000u - how / 16 : how % 16;
    const std::string from = name(static_cast<std::uint8_t>(how / 16));
    switch (script.byte() % 4) {
        case 0:
            return wire::Suspect{incarnation, name(who), from};
        case 1:
            return wire::Dead{incarnation, name(who), from};
        default:
            // Now and then from an address that is not the usual one.
            const auto at = host(static_cast<std::uint8_t>(who + (how >= 240 ? 1 : 0)));
            return wire::Alive{incarnation,
                               name(who),
                               at.ip_bytes(),
                               at.port,
                               Bytes(how % 3u, std::byte{how}),
                               *parse_hex("010502000000")};
    }
}

wire::Message Life::speech(Script& script) {
    const std::uint8_t what = script.byte();
    const std::uint32_t question = question_ - what / 32;
    switch (what % 5) {
        case 0:
            return wire::Ping{question, name(script.byte()), {}};
        case 1:
            return wire::IndirectPing{question,   host(what).ip_bytes(), 7946,
                                      name(what), (what & 64) != 0,      {}};
        case 2:
            return wire::Ack{question, std::nullopt};
        case 3:
            return wire::Nack{question};
        default:
            return wire::User{to_bytes(script.bytes(what))};
    }
}

wire::StreamMessage Life::stream_message(Script& script) {
    const std::uint8_t what = script.byte();
    switch (what % 5) {
        case 0:
            return wire::Ping{question_, name(what), {}};
        case 1:
            return wire::Ack{question_, std::nullopt};
        case 2:
            return wire::User{to_bytes(script.bytes(what))};
        case 3:
            return wire::Err{"no"};
        default:
            break;
    }
    wire::PushPull state;
    for (std::uint8_t i = 0; i < what / 32; ++i) {
        const std::uint8_t who = script.byte();
        const std::uint8_t how = script.byte();
        state.nodes.push_back({name(who), host(who).ip_bytes(), 7946, std::nullopt, how / 4u,
                               static_cast<std::uint8_t>(how % 4), parse_hex("010502000000")});
    }
    return state;
}

void Life::hear(const Endpoint& from, const wire::Message& message) {
    const std::vector<Bytes> parts{wire::encode_message(message)};
    wire::Envelope envelope = node_.envelope();
    envelope.verify_outgoing = true;
    node_.handle_packet(now_, from, wire::encode_packet(parts, envelope, false, zeros()));
}

void Life::advance(Script& script) {
    now_ += std::chrono::milliseconds{1 << script.byte() % 17};  // Up to a minute.
    node_.handle_deadline(now_);
    take();
    int wakes = 0;
    while (node_.next_deadline() <= now_) {
        SCRIMP_ASSERT(++wakes <= wakes_max);
        node_.handle_deadline(now_);
        take();
    }
}

void Life::touch_stream(Script& script) {
    const std::uint8_t what = script.byte();
    if (what % 8 == 0) {
        const StreamId stream = node_.handle_stream_accepted(now_, host(what / 8));
        streams_[stream] = false;
        return;
    }
    if (streams_.empty()) return;
    const auto [stream, dialled] =
        *std::next(streams_.begin(), static_cast<std::ptrdiff_t>(what / 8 % streams_.size()));
    switch (what % 8) {
        case 1:
            node_.handle_stream_opened(now_, stream);
            break;
        case 2:
            streams_.erase(stream);
            node_.handle_stream_closed(now_, stream,
                                       static_cast<swim::StreamEnd>(script.byte() % 4));
            break;
        case 3:
            node_.handle_stream_bytes(now_, stream, script.bytes(script.byte()));
            break;
        default:
            const auto direction =
                dialled ? wire::Direction::FromAcceptor : wire::Direction::FromDialer;
            const Bytes bytes =
                wire::encode_stream(stream_message(script), node_.envelope(), direction, zeros());
            const std::size_t cut = script.byte() % (bytes.size() + 1);
            node_.handle_stream_bytes(now_, stream, ByteView(bytes).first(bytes.size() - cut));
            take();
            if (streams_.contains(stream) && cut > 0) {
                node_.handle_stream_bytes(now_, stream, ByteView(bytes).last(cut));
            }
    }
}

void Life::call(Script& script) {
    const std::uint8_t what = script.byte();
    const ByteView text = script.bytes(what / 8u);
    const std::array seeds{host(what)};
    switch (what % 8) {
        case 0:
            (void)node_.join(now_, seeds);
            break;
        case 1:
            (void)node_.set_metadata(now_, text);
            break;
        case 2:
            (void)node_.broadcast(now_, text);
            break;
        case 3:
            (void)node_.send_best_effort(now_, name(what / 8), text);
            break;
        case 4:
            (void)node_.send_reliable(now_, name(what / 8), text);
            break;
        case 5:
            node_.set_envelope(now_, envelope_of(what / 8));
            break;
        case 6:
            if (what > 240) node_.leave(now_);
            break;
        default:
            (void)node_.set_metadata(now_, Bytes(swim::metadata_bytes_max + what / 200u));
    }
}

void Life::step(Script& script) {
    const std::uint8_t what = script.byte();
    const Endpoint from = host(what / 8);
    switch (what % 8) {
        case 0:
            node_.handle_packet(now_, from, script.bytes(script.byte()));
            break;
        case 1:
        case 2:
        case 3:
            hear(from, news(script));
            break;
        case 4:
            hear(from, speech(script));
            break;
        case 5:
            touch_stream(script);
            break;
        case 6:
            call(script);
            break;
        default:
            advance(script);
    }
    take();
}

void Life::take() {
    while (const auto action = node_.poll_action()) take(*action);
}

void Life::take(const swim::Action& action) {
    std::visit(
        Overloaded{
            [&](const swim::SendPacket& packet) {
                SCRIMP_ASSERT(packet.payload.size() <= config_.packet_bytes_max);
                const auto contents = wire::decode_packet(packet.payload, node_.envelope());
                SCRIMP_ASSERT(contents.refusals.empty() && !contents.messages.empty());
                for (const wire::Message& message : contents.messages) {
                    const auto* ping = std::get_if<wire::Ping>(&message);
                    if (ping != nullptr) question_ = ping->seq_no;
                }
            },
            [&](const swim::DialStream& dial) {
                SCRIMP_ASSERT(streams_.emplace(dial.stream, true).second);
            },
            [&](const swim::WriteStream& write) { SCRIMP_ASSERT(streams_.contains(write.stream)); },
            [&](const swim::CloseStream& close) { streams_.erase(close.stream); },
            [&](const swim::MemberEvent& event) { fold(event); },
            [](const auto&) {},
        },
        action);
}

void Life::fold(const swim::MemberEvent& event) {
    State& state = folded_.try_emplace(event.member.profile->name, State::Dead).first->second;
    if (event.change == Change::Joined) {
        SCRIMP_ASSERT(swim::is_gone(state));
        state = State::Alive;
    } else if (event.change == Change::Suspected) {
        SCRIMP_ASSERT(state == State::Alive);
        state = State::Suspect;
    } else if (event.change == Change::Recovered) {
        SCRIMP_ASSERT(state == State::Suspect);
        state = State::Alive;
    } else if (event.change == Change::Updated) {
        SCRIMP_ASSERT(state == State::Alive);
    } else {
        SCRIMP_ASSERT(!swim::is_gone(state));
        state = event.change == Change::Left ? State::Left : State::Dead;
    }
}

void Life::check() {
    const auto members = node_.members();
    SCRIMP_ASSERT(members.size() <= members_max);
    SCRIMP_ASSERT(std::ranges::adjacent_find(members, [](const auto& a, const auto& b) {
                      return a.profile->name >= b.profile->name;
                  }) == members.end());
    std::size_t living = 0;
    for (const swim::Member& member : members) {
        if (!swim::is_gone(member.state)) ++living;
        if (member.profile->name == "self") continue;
        const auto folded = folded_.find(member.profile->name);
        SCRIMP_ASSERT(folded != folded_.end() && folded->second == member.state);
    }
    SCRIMP_ASSERT(living == node_.alive_count());
    const auto folded_living = std::ranges::count_if(
        folded_, [](const auto& entry) { return !swim::is_gone(entry.second); });
    const bool left = node_.self().state == State::Left;
    SCRIMP_ASSERT(static_cast<std::size_t>(folded_living) + (left ? 0 : 1) == living);
    SCRIMP_ASSERT(left || node_.self().state == State::Alive);
    SCRIMP_ASSERT(node_.self().incarnation >= incarnation_);
    incarnation_ = node_.self().incarnation;
    SCRIMP_ASSERT(streams_.size() <= 2 * streams_max);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Script script(fuzz::view(data, size));
    Life life(script.byte());
    for (int step = 0; step < steps_max && !script.over(); ++step) {
        life.step(script);
        life.check();
    }
    return 0;
}
