#include "helpers/etcd_message.h"

#include <algorithm>

#include "base/base64.h"
#include "base/json.h"
#include "base/printable.h"
#include "seed/document.h"

namespace scrimp::helpers {
namespace {

/// etcd's refusals are a few words.
constexpr std::size_t refusal_chars_max = 160;

tl::unexpected<Error> not_etcd(const std::string& why) {
    return fail("the answer is not etcd's (" + why + "); check 'endpoints'");
}

Result<Json> parse_object(std::string_view text) {
    auto answer = parse_json(text);
    if (!answer) return not_etcd(answer.error().message);
    if (!answer->is_object()) return not_etcd("it is no JSON object");
    return answer;
}

Result<std::string> text_in(std::string_view text, std::string_view key) {
    const auto answer = parse_object(text);
    if (!answer) return tl::unexpected(answer.error());
    const Json* const value = find_member(*answer, key);
    if (value == nullptr || !value->is_string()) {
        return not_etcd("'" + std::string(key) + "' is missing");
    }
    return value->get<std::string>();
}

/// What the value of one key says.
Result<std::vector<seed::Seed>> seeds_in(const Json& entry) {
    const Json* const value = entry.is_object() ? find_member(entry, "value") : nullptr;
    if (value == nullptr || !value->is_string()) return fail("a key without a value");
    const auto document = base64_decode(value->get_ref<const std::string&>());
    if (!document) return tl::unexpected(document.error());
    return seed::parse_seeds(*document);
}

}  // namespace

std::string etcd_range_request(std::string_view prefix) {
    // Everything from "PREFIX/" up to what would follow it: the slash plus one. Newest first, since
    // the limit keeps the first.
    return Json{{"key", base64_encode(std::string(prefix) + "/")},
                {"range_end", base64_encode(std::string(prefix) + static_cast<char>('/' + 1))},
                {"limit", std::to_string(seed::seeds_max)},
                {"sort_target", "MOD"},
                {"sort_order", "DESCEND"}}
        .dump();
}

Result<std::vector<Endpoint>> parse_etcd_range(std::string_view text) {
    const auto answer = parse_object(text);
    if (!answer) return tl::unexpected(answer.error());
    std::vector<Endpoint> newest_first;
    const Json* const entries = find_member(*answer, "kvs");
    // An empty list is left out of the answer.
    if (entries == nullptr) return newest_first;
    if (!entries->is_array()) return not_etcd("'kvs' is no list");
    std::string complaint;
    for (const Json& entry : *entries) {
        const auto seeds = seeds_in(entry);
        if (!seeds) {
            complaint = seeds.error().message;
            continue;
        }
        for (auto seed = seeds->rbegin(); seed != seeds->rend(); ++seed) {
            if (newest_first.size() == seed::seeds_max) break;
            if (std::ranges::find(newest_first, seed->endpoint) == newest_first.end()) {
                newest_first.push_back(seed->endpoint);
            }
        }
    }
    if (newest_first.empty() && !complaint.empty()) {
        return fail("the keys hold no seeds (" + complaint + "); check 'key'");
    }
    std::ranges::reverse(newest_first);
    return newest_first;
}

std::string etcd_lease_request(std::int64_t seconds) {
    return Json{{"TTL", std::to_string(seconds)}}.dump();
}

Result<std::string> parse_etcd_lease(std::string_view text) {
    return text_in(text, "id");
}

std::string etcd_revoke_request(std::string_view lease) {
    return Json{{"ID", lease}}.dump();
}

std::string etcd_put_request(std::string_view prefix, const Endpoint& self,
                             std::string_view lease) {
    return Json{{"key", base64_encode(std::string(prefix) + "/" + self.text())},
                {"value", base64_encode(seed::render_seeds({{.endpoint = self}}))},
                {"lease", lease},
                {"prev_kv", true}}
        .dump();
}

std::string parse_etcd_previous_lease(std::string_view text) {
    const auto answer = parse_object(text);
    const Json* const before = answer ? find_member(*answer, "prev_kv") : nullptr;
    if (before == nullptr || !before->is_object()) return {};
    const Json* const lease = find_member(*before, "lease");
    return lease != nullptr && lease->is_string() ? lease->get<std::string>() : std::string();
}

std::string etcd_login_request(std::string_view username, std::string_view password) {
    return Json{{"name", username}, {"password", password}}.dump();
}

Result<std::string> parse_etcd_token(std::string_view text) {
    return text_in(text, "token");
}

std::string parse_etcd_refusal(std::string_view text) {
    const auto words = text_in(text, "error");
    if (!words) return {};
    constexpr std::string_view speaker = "etcdserver: ";
    std::string_view refusal = *words;
    if (refusal.starts_with(speaker)) refusal.remove_prefix(speaker.size());
    return printable(refusal, refusal_chars_max);
}

}  // namespace scrimp::helpers
