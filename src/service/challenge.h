// The answer to an ACME HTTP-01 challenge (RFC 8555, 8.3), and how members tell balancers of it, as
// payloads of memberlist's user messages, to one member each:
//
//   {"scrimplb":1,"message":"challenge","asker":"b1","token":"…","answer":"…"}   answer with this
//   {"scrimplb":1,"message":"challenge-held","balancer":"lb1","member":"b1","token":"…"}
//   {"scrimplb":1,"message":"challenge-refused",…,"why":"denied"}                or "full", "taken"
//   {"scrimplb":1,"message":"challenge-over","asker":"b1","token":"…"}           no longer
//
// An answer is public by its nature: whoever asks for the token gets it. What it proves is that who
// has the account's key rules the name, so who may give one decides about certificates: see
// docs/acme.md. memberlist does not say who sent a message, so names are claims.
//
// The grammar is strict, since the text is served to strangers: nothing but the alphabet of
// base64url, of the length that the RFC gives a token at least, and ends with a SHA-256.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"

namespace scrimp::service {

/// 128 bits of entropy, in base64url (RFC 8555, 8.3).
inline constexpr std::size_t token_chars_min = 22;
/// Let's Encrypt's have 43, and nobody's more than three times as many.
inline constexpr std::size_t token_chars_max = 128;
/// The thumbprint of an account's key is a SHA-256 (RFC 8555, 8.1).
inline constexpr std::size_t thumbprint_chars = 43;

struct Challenge {
    std::string token;
    std::string answer;  ///< The key authorization: token, dot, thumbprint.
    friend bool operator==(const Challenge&, const Challenge&) = default;
};

[[nodiscard]] bool is_token(std::string_view text);
/// The error is a sentence.
[[nodiscard]] Result<Challenge> make_challenge(std::string_view token, std::string_view answer);

enum class ChallengeRefusal : std::uint8_t {
    Denied,  ///< Its operator does not take challenges, or not from this node.
    Full,    ///< It holds as many as it may.
    Taken,   ///< It holds another answer for the token.
};
[[nodiscard]] std::string_view name_of(ChallengeRefusal why);

struct ChallengeTold {
    std::string asker;
    Challenge challenge;
    friend bool operator==(const ChallengeTold&, const ChallengeTold&) = default;
};
struct ChallengeOver {
    std::string asker;
    std::string token;
    friend bool operator==(const ChallengeOver&, const ChallengeOver&) = default;
};
struct ChallengeReply {
    std::string balancer;
    std::string member;  ///< Who asked.
    std::string token;
    std::optional<ChallengeRefusal> refusal{};  ///< Nothing: it is held.
    friend bool operator==(const ChallengeReply&, const ChallengeReply&) = default;
};
using ChallengeMessage = std::variant<ChallengeTold, ChallengeOver, ChallengeReply>;

/// Two names of 255 bytes, each of them escaped, a token and an answer are shorter.
inline constexpr std::size_t challenge_bytes_max = 1600;

/// Names must be plain: see is_plain_name() in service/message_fields.h.
[[nodiscard]] Bytes encode_challenge(const ChallengeMessage& message);
/// Nothing for what is not ours or is malformed. Keys beyond those above are passed over.
[[nodiscard]] std::optional<ChallengeMessage> decode_challenge(ByteView payload);

}  // namespace scrimp::service
