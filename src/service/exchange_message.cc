#include "service/exchange_message.h"

#include "base/assert.h"
#include "base/json.h"
#include "base/machine.h"
#include "service/message_fields.h"

namespace scrimp::service {
namespace {

/// An object that holds a list.
constexpr std::size_t header_depth_max = 2;

std::string query(const std::string& asker) {
    return R"({"scrimplb":1,"message":"query","asker":)" + Json(asker).dump();
}

std::optional<ExchangeMessage> read_query(const Json& header) {
    const auto asker = read_name(find_member(header, "asker"));
    if (!asker) return std::nullopt;
    if (const Json* digest = find_member(header, "digest")) {
        const auto wanted = read_digest(digest);
        return wanted ? std::optional(Question{*asker, *wanted}) : std::nullopt;
    }
    Call call{*asker, {}};
    const Json* list = find_member(header, "digests");
    if (list == nullptr) return call;
    if (!list->is_array() || list->empty() || list->size() > call_digests_max) return std::nullopt;
    for (const Json& entry : *list) {
        const auto wanted = read_digest(&entry);
        if (!wanted) return std::nullopt;
        call.digests.push_back(*wanted);
    }
    return call;
}

std::optional<ExchangeMessage> read_answer(const Json& header, std::string_view text) {
    const auto digest = read_digest(find_member(header, "digest"));
    const auto source = read_name(find_member(header, "source"));
    if (!digest || !source || text.empty() || text.size() > list_bytes_max) return std::nullopt;
    return Answer{*digest, *source, text};
}

}  // namespace

Bytes encode_exchange(const ExchangeMessage& message) {
    std::string text = std::visit(
        Overloaded{[](const Question& question) {
                       return query(question.asker) + R"(,"digest":")" + question.digest.text() +
                              "\"}";
                   },
                   [](const Call& call) {
                       SCRIMP_ASSERT(call.digests.size() <= call_digests_max);
                       std::string digests;
                       for (const ListDigest& digest : call.digests) {
                           digests += digests.empty() ? R"(,"digests":[")" : R"(,")";
                           digests += digest.text() + "\"";
                       }
                       return query(call.asker) + digests + (digests.empty() ? "}" : "]}");
                   },
                   [](const Answer& answer) {
                       return R"({"scrimplb":1,"message":"answer","digest":")" +
                              answer.digest.text() + R"(","source":)" + Json(answer.source).dump() +
                              "}\n" + std::string(answer.text);
                   }},
        message);
    return to_bytes(std::string_view(text));
}

std::optional<ExchangeMessage> decode_exchange(ByteView payload) {
    const std::string_view whole = text_of(payload);
    const std::size_t newline = whole.substr(0, exchange_header_bytes_max + 1).find('\n');
    const auto header =
        parse_json(whole.substr(0, newline),
                   {.bytes_max = exchange_header_bytes_max, .depth_max = header_depth_max});
    if (!header || !header->is_object()) return std::nullopt;
    const Json* version = find_member(*header, "scrimplb");
    const Json* kind = find_member(*header, "message");
    if (version == nullptr || *version != message_version || kind == nullptr) return std::nullopt;
    if (*kind == "query" && newline == std::string_view::npos) return read_query(*header);
    if (*kind != "answer" || newline == std::string_view::npos) return std::nullopt;
    return read_answer(*header, whole.substr(newline + 1));
}

}  // namespace scrimp::service
