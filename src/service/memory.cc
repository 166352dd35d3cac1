#include "service/memory.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/json.h"
#include "swim/types.h"

namespace scrimp::service {
namespace {

constexpr std::uint64_t memory_version = 1;
constexpr std::size_t memory_depth_max = 4;         // object, list, object, and one to spare
constexpr std::size_t member_name_bytes_max = 255;  // swim::Identity

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

bool can_be_remembered(const Remembered& member) {
    const std::string& name = member.member_name;
    return !name.empty() && name.size() <= member_name_bytes_max && is_printable(name) &&
           member.endpoint.port != 0 && member.metadata.size() <= swim::metadata_bytes_max;
}

Json to_json(const Remembered& member, Role role) {
    return Json{{"name", member.member_name},
                {"address", member.endpoint.ip_text()},
                {"port", member.endpoint.port},
                {"role", name_of(role)},
                {"metadata", to_hex(member.metadata)}};
}

std::optional<Remembered> read_member(const Json& entry) {
    if (!entry.is_object()) return std::nullopt;
    const auto text = [&entry](std::string_view key) -> std::optional<std::string> {
        const Json* value = find_member(entry, key);
        if (value == nullptr || !value->is_string()) return std::nullopt;
        return value->get_ref<const std::string&>();
    };
    const auto name = text("name");
    const auto address = text("address");
    const auto metadata_hex = text("metadata");
    const Json* port_value = find_member(entry, "port");
    if (!name || !address || !metadata_hex || port_value == nullptr) return std::nullopt;
    const auto port = read_port(*port_value);
    if (!port) return std::nullopt;
    const auto endpoint = parse_ip(*address, *port);
    auto metadata = parse_hex(*metadata_hex);
    if (!endpoint || endpoint->is_unspecified() || !metadata) return std::nullopt;
    Remembered member{
        .member_name = *name, .endpoint = *endpoint, .metadata = *std::move(metadata)};
    if (!can_be_remembered(member)) return std::nullopt;
    return member;
}

/// The texts beside the members, by their digests.
ListTexts read_lists(const Json& memory) {
    ListTexts lists;
    const Json* values = find_member(memory, "lists");
    if (values == nullptr || !values->is_array()) return lists;
    for (const Json& value : *values) {
        if (!value.is_string()) continue;
        const auto& text = value.get_ref<const std::string&>();
        if (text.empty() || text.size() > list_bytes_max) continue;
        lists.emplace(digest_of(text), std::make_shared<const std::string>(text));
    }
    return lists;
}

void give_list(Remembered& member, const ListTexts& lists) {
    const Result<Announcement> announcement = decode_metadata(member.metadata);
    if (!announcement || !announcement->rest) return;
    const auto found = lists.find(announcement->rest->digest);
    if (found != lists.end()) member.list_text = found->second;
}

}  // namespace

Role role_of(ByteView metadata) {
    const Result<Announcement> announcement = decode_metadata(metadata);
    return announcement ? announcement->role : Role::Unknown;
}

std::string render_memory(const std::vector<Remembered>& members) {
    struct Kept {
        const Remembered* member;
        Announcement announcement;
    };
    std::vector<Kept> kept;
    for (const Remembered& member : members) {
        if (!can_be_remembered(member)) continue;
        kept.push_back({&member, decode_metadata(member.metadata).value_or(Announcement{})});
    }
    // Balancers first: they are the way back in, and few.
    std::ranges::sort(kept, {}, [](const Kept& each) {
        return std::tuple(each.announcement.role != Role::LoadBalancer, each.member->member_name);
    });
    if (kept.size() > remembered_max) kept.erase(kept.begin() + remembered_max, kept.end());
    Json entries = Json::array();
    Json lists = Json::array();
    std::set<ListDigest> written;
    std::size_t lists_bytes = 0;
    for (const auto& [member, announcement] : kept) {
        entries.push_back(to_json(*member, announcement.role));
        if (!member->list_text || !announcement.rest) continue;
        if (!written.insert(announcement.rest->digest).second) continue;
        const std::string& text = *member->list_text;
        if (lists_bytes + text.size() > remembered_lists_bytes_max || !is_printable(text)) continue;
        lists_bytes += text.size();
        lists.push_back(text);
    }
    Json memory{{"version", memory_version}, {"members", std::move(entries)}};
    if (!lists.empty()) memory["lists"] = std::move(lists);
    return memory.dump() + "\n";
}

Result<std::vector<Remembered>> parse_memory(std::string_view text) {
    const Result<Json> json =
        parse_json(text, {.bytes_max = memory_bytes_max, .depth_max = memory_depth_max});
    if (!json) return tl::unexpected(json.error());
    const Json* version = json->is_object() ? find_member(*json, "version") : nullptr;
    if (version == nullptr || *version != memory_version) {
        return fail("is not a memory of version " + std::to_string(memory_version));
    }
    const Json* list = find_member(*json, "members");
    if (list == nullptr || !list->is_array()) return fail("members: must be a list");
    const ListTexts lists = read_lists(*json);
    std::vector<Remembered> members;
    for (const Json& entry : *list) {
        if (members.size() == remembered_max) break;
        auto member = read_member(entry);
        if (!member) continue;
        if (!lists.empty()) give_list(*member, lists);
        members.push_back(*std::move(member));
    }
    return members;
}

}  // namespace scrimp::service
