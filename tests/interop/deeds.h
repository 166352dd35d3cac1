// What a node did, in words: the common tongue in which differential.cc compares two of them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "wire/packet.h"
#include "wire/stream.h"

namespace scrimp::differential {

using Texts = std::multiset<std::string>;

/// The number of the questions that only fetch gossip (differential/generate.go).
inline constexpr std::uint32_t drain_question = 4'000'000'000;

/// A piece of gossip: of whom, what, and how many bytes it has on the wire.
struct News {
    std::string subject;
    std::string text;
    std::size_t bytes = 0;
};

/// What one side did in a step, in words.
struct Deeds {
    Texts said;
    std::vector<News> news;  ///< On the backs of what was said.
    Texts events;
    Texts user_messages;
    std::string answer = "nothing";
    std::map<std::string, std::string> members;
};

[[nodiscard]] std::string words(const wire::NodeState& state);
[[nodiscard]] std::map<std::string, std::string> members_of(const wire::PushPull& state);

/// What was written to a stream, as the peer that opened it reads it; nothing if it is not whole.
[[nodiscard]] std::optional<wire::StreamMessage> read_answer(ByteView bytes,
                                                             const wire::Envelope& envelope);
[[nodiscard]] std::string answer_words(ByteView bytes, const wire::Envelope& envelope);

/// Sorts a packet that a side sent into what it says and the news on its back. If it is a ping for
/// somebody else, that ping.
std::optional<wire::Ping> note_packet(Deeds& deeds, const std::string& to, ByteView packet,
                                      const wire::Envelope& envelope);

/// Empty if they agree, else both sides.
[[nodiscard]] std::string difference(const Deeds& go, const Deeds& ours);
[[nodiscard]] std::string difference(std::string_view what, const Texts& go, const Texts& ours);

}  // namespace scrimp::differential
