// What members of the exchange say to each other, as payloads of memberlist's user messages:
//
//   {"scrimplb":1,"message":"query","asker":"lb1"}                       to all: whatever you have
//   {"scrimplb":1,"message":"query","asker":"lb1","digests":["…","…"]}   to all: one of these
//   {"scrimplb":1,"message":"query","asker":"lb1","digest":"…"}          to one: this
//   {"scrimplb":1,"message":"answer","digest":"…","source":"b1"}↵[…]     the list's text, as it is
//
// A list goes by its digest alone: backends that announce equal lists are asked once, and it does
// not matter who answers. memberlist does not say who sent a message, so the names in it are claims
// (what they can do: docs/exchange.md). Anybody's user messages come here; what is not ours, or is
// malformed, decodes to nothing. Keys beyond these are passed over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "service/application_list.h"

namespace scrimp::service {

/// "Tell me this list", to one member.
struct Question {
    std::string asker;
    ListDigest digest;
    friend bool operator==(const Question&, const Question&) = default;
};
/// "Whoever serves one of these, tell me", to all; empty: whoever has a list.
struct Call {
    std::string asker;
    std::vector<ListDigest> digests;  ///< At most call_digests_max.
    friend bool operator==(const Call&, const Call&) = default;
};
struct Answer {
    ListDigest digest;  ///< Claimed: not yet compared with the text.
    std::string source;
    std::string_view text;  ///< Borrowed from the payload; 1 to list_bytes_max bytes.
    friend bool operator==(const Answer&, const Answer&) = default;
};
using ExchangeMessage = std::variant<Question, Call, Answer>;

/// As many as fit, with the longest plain name, into one packet with its envelope.
inline constexpr std::size_t call_digests_max = 16;
/// A Call of that many by a name of 255 bytes, each of them escaped, is shorter.
inline constexpr std::size_t exchange_header_bytes_max = 1200;

/// Names must be plain: see is_plain_name() in service/message_fields.h.
[[nodiscard]] Bytes encode_exchange(const ExchangeMessage& message);
/// `payload` must outlive what comes of it.
[[nodiscard]] std::optional<ExchangeMessage> decode_exchange(ByteView payload);

}  // namespace scrimp::service
