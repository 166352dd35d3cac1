#include "service/farewell_message.h"

#include "base/assert.h"
#include "base/json.h"
#include "base/machine.h"
#include "service/message_fields.h"

namespace scrimp::service {
namespace {

constexpr std::string_view question_word = "serving?";
constexpr std::string_view answer_word = "serving";

std::string head(std::string_view word) {
    return R"({"scrimplb":1,"message":")" + std::string(word) + "\"";
}

std::string name_field(std::string_view key, const std::string& name) {
    SCRIMP_ASSERT(is_plain_name(name));
    return ",\"" + std::string(key) + "\":" + Json(name).dump();
}

}  // namespace

Bytes encode_farewell(const FarewellMessage& message) {
    std::string text = std::visit(
        Overloaded{[](const ServingQuestion& question) {
                       return head(question_word) + name_field("asker", question.asker);
                   },
                   [](const ServingAnswer& answer) {
                       return head(answer_word) + name_field("balancer", answer.balancer) +
                              name_field("member", answer.member);
                   }},
        message);
    const ListDigest& digest =
        std::visit([](const auto& each) -> const ListDigest& { return each.digest; }, message);
    text += R"(,"digest":")" + digest.text() + "\"}";
    return to_bytes(std::string_view(text));
}

std::optional<FarewellMessage> decode_farewell(ByteView payload) {
    const auto object =
        parse_json(text_of(payload), {.bytes_max = farewell_bytes_max, .depth_max = 1});
    if (!object || !object->is_object()) return std::nullopt;
    const Json* const version = find_member(*object, "scrimplb");
    const Json* const word = find_member(*object, "message");
    if (version == nullptr || *version != message_version || word == nullptr) return std::nullopt;
    const auto digest = read_digest(find_member(*object, "digest"));
    if (!digest) return std::nullopt;
    if (*word == question_word) {
        auto asker = read_name(find_member(*object, "asker"));
        if (!asker) return std::nullopt;
        return ServingQuestion{*std::move(asker), *digest};
    }
    if (*word != answer_word) return std::nullopt;
    auto balancer = read_name(find_member(*object, "balancer"));
    auto member = read_name(find_member(*object, "member"));
    if (!balancer || !member) return std::nullopt;
    return ServingAnswer{*std::move(balancer), *std::move(member), *digest};
}

}  // namespace scrimp::service
