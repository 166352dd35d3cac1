#include "service/challenge.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"
#include "base/json.h"
#include "base/machine.h"
#include "service/message_fields.h"

namespace scrimp::service {
namespace {

constexpr std::string_view told_word = "challenge";
constexpr std::string_view over_word = "challenge-over";
constexpr std::string_view held_word = "challenge-held";
constexpr std::string_view refused_word = "challenge-refused";

constexpr std::array refusals = {
    std::pair{ChallengeRefusal::Denied, std::string_view("denied")},
    std::pair{ChallengeRefusal::Full, std::string_view("full")},
    std::pair{ChallengeRefusal::Taken, std::string_view("taken")},
};

bool is_base64url(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

/// Of texts that need no escape but for names, which JSON spells.
std::string field(std::string_view key, const std::string& value) {
    return ",\"" + std::string(key) + "\":" + Json(value).dump();
}

std::string plain(const std::string& name) {
    SCRIMP_ASSERT(is_plain_name(name));
    return name;
}

std::string head_of(std::string_view word) {
    return R"({"scrimplb":1,"message":")" + std::string(word) + "\"";
}

std::string text_in(const Json& object, std::string_view key) {
    const Json* const value = find_member(object, key);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::optional<ChallengeMessage> decode_reply(const Json& object, bool refused) {
    auto balancer = read_name(find_member(object, "balancer"));
    auto member = read_name(find_member(object, "member"));
    std::string token = text_in(object, "token");
    if (!balancer || !member || !is_token(token)) return std::nullopt;
    ChallengeReply reply{*std::move(balancer), *std::move(member), std::move(token), {}};
    if (!refused) return reply;
    const std::string why = text_in(object, "why");
    const auto found =
        std::ranges::find_if(refusals, [&](const auto& each) { return each.second == why; });
    if (found == refusals.end()) return std::nullopt;
    reply.refusal = found->first;
    return reply;
}

}  // namespace

std::string_view name_of(ChallengeRefusal why) {
    const auto found =
        std::ranges::find_if(refusals, [why](const auto& each) { return each.first == why; });
    SCRIMP_ASSERT(found != refusals.end());
    return found->second;
}

bool is_token(std::string_view text) {
    return text.size() >= token_chars_min && text.size() <= token_chars_max && is_base64url(text);
}

Result<Challenge> make_challenge(std::string_view token, std::string_view answer) {
    if (!is_token(token)) {
        return fail("a token has " + std::to_string(token_chars_min) + " to " +
                    std::to_string(token_chars_max) +
                    " characters of base64url: letters, digits, '-' and '_'");
    }
    const bool fits = answer.size() == token.size() + 1 + thumbprint_chars &&
                      answer.starts_with(token) && answer[token.size()] == '.' &&
                      is_base64url(answer.substr(token.size() + 1));
    if (!fits) {
        return fail("a key authorization is the token, a dot and the " +
                    std::to_string(thumbprint_chars) +
                    " characters of base64url that stand for the account's key");
    }
    return Challenge{std::string(token), std::string(answer)};
}

Bytes encode_challenge(const ChallengeMessage& message) {
    const std::string text = std::visit(
        Overloaded{[](const ChallengeTold& told) {
                       return head_of(told_word) + field("asker", plain(told.asker)) +
                              field("token", told.challenge.token) +
                              field("answer", told.challenge.answer);
                   },
                   [](const ChallengeOver& over) {
                       return head_of(over_word) + field("asker", plain(over.asker)) +
                              field("token", over.token);
                   },
                   [](const ChallengeReply& reply) {
                       std::string head = head_of(reply.refusal ? refused_word : held_word) +
                                          field("balancer", plain(reply.balancer)) +
                                          field("member", plain(reply.member)) +
                                          field("token", reply.token);
                       if (!reply.refusal) return head;
                       return head + field("why", std::string(name_of(*reply.refusal)));
                   }},
        message);
    return to_bytes(std::string_view(text + "}"));
}

std::optional<ChallengeMessage> decode_challenge(ByteView payload) {
    const auto object =
        parse_json(text_of(payload), {.bytes_max = challenge_bytes_max, .depth_max = 1});
    if (!object || !object->is_object()) return std::nullopt;
    const Json* const version = find_member(*object, "scrimplb");
    if (version == nullptr || *version != message_version) return std::nullopt;
    const std::string word = text_in(*object, "message");
    if (word == held_word || word == refused_word) return decode_reply(*object, word != held_word);
    if (word != told_word && word != over_word) return std::nullopt;
    auto asker = read_name(find_member(*object, "asker"));
    std::string token = text_in(*object, "token");
    if (!asker || !is_token(token)) return std::nullopt;
    if (word == over_word) return ChallengeOver{*std::move(asker), std::move(token)};
    auto challenge = make_challenge(token, text_in(*object, "answer"));
    if (!challenge) return std::nullopt;
    return ChallengeTold{*std::move(asker), *std::move(challenge)};
}

}  // namespace scrimp::service
