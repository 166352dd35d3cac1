#include "deeds.h"

#include "base/endpoint.h"
#include "base/machine.h"
#include "swim/types.h"

namespace scrimp::differential {

namespace {

std::string endpoint_text(const wire::OptionalBytes& ip, std::uint16_t port) {
    const auto endpoint = endpoint_from_bytes(ip.value_or(Bytes{}), port);
    return endpoint ? endpoint->text() : "nowhere";
}

std::string number(std::uint64_t value) {
    return " " + std::to_string(value);
}

std::string words(const wire::Message& message) {
    return std::visit(
        Overloaded{
            [](const wire::Ping& ping) { return "ping of " + ping.node; },
            [](const wire::IndirectPing& ping) { return "indirect ping of " + ping.node; },
            [](const wire::Ack& ack) {
                return "ack" + number(ack.seq_no) + (ack.payload ? " with payload" : "");
            },
            [](const wire::Nack& nack) { return "nack" + number(nack.seq_no); },
            [](const wire::Suspect& news) {
                return news.node + " suspect" + number(news.incarnation) + " by " + news.from;
            },
            [](const wire::Alive& news) {
                return news.node + " alive" + number(news.incarnation) + " at " +
                       endpoint_text(news.address, news.port) + " meta " +
                       to_hex(news.meta.value_or(Bytes{})) + " versions " +
                       to_hex(news.versions.value_or(Bytes{}));
            },
            [](const wire::Dead& news) {
                return news.node + " dead" + number(news.incarnation) + " by " + news.from;
            },
            [](const wire::User& user) { return "user message " + to_hex(user.payload); },
        },
        message);
}

/// Of whom the news is; nobody if it is no news.
std::string subject_of(const wire::Message& message) {
    return std::visit(Overloaded{
                          [](const wire::Suspect& news) { return news.node; },
                          [](const wire::Alive& news) { return news.node; },
                          [](const wire::Dead& news) { return news.node; },
                          [](const auto&) { return std::string(); },
                      },
                      message);
}

std::string listed(const Texts& texts) {
    std::string all;
    for (const std::string& text : texts) all += "\n    " + text;
    return all.empty() ? " nothing" : all;
}

}  // namespace

std::string words(const wire::NodeState& state) {
    return std::string(swim::name_of(static_cast<swim::State>(state.state))) +
           number(state.incarnation) + " at " + endpoint_text(state.address, state.port) +
           " meta " + to_hex(state.meta.value_or(Bytes{})) + " versions " +
           to_hex(state.versions.value_or(Bytes{}));
}

std::map<std::string, std::string> members_of(const wire::PushPull& state) {
    std::map<std::string, std::string> members;
    for (const wire::NodeState& each : state.nodes) members[each.name] = words(each);
    return members;
}

std::optional<wire::StreamMessage> read_answer(ByteView bytes, const wire::Envelope& envelope) {
    wire::StreamReader reader(envelope, wire::Direction::FromAcceptor);
    if (bytes.empty() || reader.feed(bytes) != wire::StreamReader::Status::Complete) return {};
    return reader.take();
}

std::string answer_words(ByteView bytes, const wire::Envelope& envelope) {
    if (bytes.empty()) return "nothing";
    const auto message = read_answer(bytes, envelope);
    if (!message) return "what cannot be read";
    return std::visit(Overloaded{
                          [](const wire::Err&) { return std::string("an error"); },
                          [](const wire::Ack& ack) { return words(wire::Message(ack)); },
                          [](const wire::PushPull& state) {
                              std::string all = "its state";
                              for (const auto& [name, what] : members_of(state)) {
                                  all += "\n    " + name + ": " + what;
                              }
                              return all;
                          },
                          [](const auto&) { return std::string("something else"); },
                      },
                      *message);
}

std::optional<wire::Ping> note_packet(Deeds& deeds, const std::string& to, ByteView packet,
                                      const wire::Envelope& envelope) {
    const wire::PacketContents contents = wire::decode_packet(packet, envelope);
    for (const wire::Refusal& refusal : contents.refusals) {
        deeds.said.insert("to " + to + " what is refused: " + refusal.detail);
    }
    std::optional<wire::Ping> relayed;
    for (std::size_t i = 0; i < contents.messages.size(); ++i) {
        const wire::Message& message = contents.messages[i];
        const auto* ack = std::get_if<wire::Ack>(&message);
        if (ack != nullptr && ack->seq_no == drain_question) continue;
        if (i > 0) {
            deeds.news.push_back(
                {subject_of(message), words(message), wire::encode_message(message).size()});
            continue;
        }
        deeds.said.insert("to " + to + " " + words(message));
        if (const auto* ping = std::get_if<wire::Ping>(&message)) relayed = *ping;
    }
    return relayed;
}

std::string difference(std::string_view what, const Texts& go, const Texts& ours) {
    if (go == ours) return {};
    return std::string(what) + "\n  Go:" + listed(go) + "\n  ours:" + listed(ours) + "\n";
}

std::string difference(const Deeds& go, const Deeds& ours) {
    std::string found = difference("said", go.said, ours.said) +
                        difference("events", go.events, ours.events) +
                        difference("user messages", go.user_messages, ours.user_messages);
    if (go.answer != ours.answer) {
        found += "answer\n  Go: " + go.answer + "\n  ours: " + ours.answer + "\n";
    }
    if (go.members == ours.members) return found;
    Texts a, b;
    for (const auto& [name, state] : go.members) a.insert(name + ": " + state);
    for (const auto& [name, state] : ours.members) b.insert(name + ": " + state);
    return found + difference("members", a, b);
}

/// Differences shown of a run: more of them are seldom news.
constexpr int shown_max = 10;

}  // namespace scrimp::differential
