#include "service/metadata.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/json.h"
#include "base/printable.h"
#include "swim/types.h"

namespace scrimp::service {
namespace {

/// zlib's window exponent, 16 more of which ask for the gzip wrapping.
constexpr int gzip_window_bits = 15 + 16;
/// Our object holds a list of objects that hold a list: four. Twice that is no announcement.
constexpr std::size_t announcement_depth_max = 8;
/// The same of a list alone: list, object, list of redirects, object, and one to spare.
constexpr std::size_t list_depth_max = 5;
/// Six values of an application and its domains, as many as there may be, some options and a key or
/// two of others' making; so a list of nothing but brackets takes no more memory than an honest
/// one.
constexpr std::size_t list_values_max = applications_max * (domains_max + 60);
constexpr std::size_t shown_name_chars_max = 63;
constexpr std::size_t shown_reason_chars_max = 200;

const Bytef* as_zlib(ByteView bytes) {
    return reinterpret_cast<const Bytef*>(bytes.data());
}

Bytes gzip(std::string_view text) {
    z_stream stream{};
    constexpr int memory_level = 8;  // zlib's default
    int status = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window_bits,
                              memory_level, Z_DEFAULT_STRATEGY);
    SCRIMP_ASSERT(status == Z_OK);
    gz_header header{};
    header.os = 255;  // unknown, as Go says: the bytes must not tell where they were made
    status = deflateSetHeader(&stream, &header);
    SCRIMP_ASSERT(status == Z_OK);
    Bytes out(deflateBound(&stream, text.size()));
    stream.next_in = const_cast<Bytef*>(as_zlib(view_of(text)));  // zlib reads only
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    status = deflate(&stream, Z_FINISH);
    SCRIMP_ASSERT(status == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

/// Inflates into a buffer that grows with what really comes, never with what is claimed.
Result<std::string> gunzip(ByteView bytes, std::size_t bytes_max) {
    z_stream stream{};
    SCRIMP_ASSERT(inflateInit2(&stream, gzip_window_bits) == Z_OK);
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
    stream.next_in = const_cast<Bytef*>(as_zlib(bytes));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string text;
    std::array<char, 4096> chunk{};
    int status = Z_OK;
    while (status != Z_STREAM_END) {
        stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
        stream.avail_out = static_cast<uInt>(chunk.size());
        status = inflate(&stream, Z_NO_FLUSH);
        const std::size_t produced = chunk.size() - stream.avail_out;
        // Z_BUF_ERROR: the input ended before the stream did.
        if (status != Z_OK && status != Z_STREAM_END) return fail("is not gzip, or cut short");
        if (text.size() + produced > bytes_max) {
            return fail("inflates to more than " + std::to_string(bytes_max) + " bytes");
        }
        text.append(chunk.data(), produced);
    }
    if (stream.avail_in != 0) return fail("has bytes behind the end of its gzip stream");
    return text;
}

/// Nothing if a peer would not read it: too large packed, or inflated.
std::optional<Bytes> pack(std::string_view text) {
    if (text.size() > metadata_inflated_bytes_max) return std::nullopt;
    Bytes bytes = gzip(text);
    if (bytes.size() > swim::metadata_bytes_max) return std::nullopt;
    return bytes;
}

/// Of any other protocol balancers of the original would make a text that their nginx refuses
/// whole.
bool is_for_the_original(const Application& application) {
    return application.protocol == Protocol::Http || application.protocol == Protocol::Https;
}

/// A backend's sorted applications, those that balancers of the original route too apart from the
/// others, which get no traffic or are none of theirs.
struct Sorted {
    std::vector<Application> healthy;
    std::vector<Application> withheld;
};

Sorted sort_by_condition(const std::vector<Application>& applications,
                         const Conditions& conditions) {
    Sorted sorted;
    for (Application& application : sorted_unique(applications)) {
        const bool healthy =
            is_for_the_original(application) &&
            condition_of(conditions, application.name).state == Availability::Healthy;
        (healthy ? sorted.healthy : sorted.withheld).push_back(std::move(application));
    }
    return sorted;
}

std::string render(Role role, const Sorted& shown, const Remarks& remarks,
                   const std::optional<ListSummary>& rest) {
    std::string text = "{\"type\":\"" + std::string(name_of(role)) + "\"";
    if (role == Role::LoadBalancer && remarks.acknowledges) text += ",\"scrimplb\":1";
    if (!shown.healthy.empty()) text += ",\"applications\":" + render_list(shown.healthy);
    if (!shown.withheld.empty()) {
        text += ",\"withheld\":" + render_list(shown.withheld, remarks.conditions);
    }
    if (!remarks.permit.empty()) text += ",\"permit\":\"" + remarks.permit + "\"";
    if (rest) {
        text += ",\"count\":" + std::to_string(rest->count) + ",\"digest\":\"" +
                rest->digest.text() + "\"";
    }
    return text += '}';
}

Remarks in_order(const Remarks& remarks) {
    SCRIMP_ASSERT(remarks.permit.empty() || is_permit_text(remarks.permit));
    return {sorted_conditions(remarks.conditions), remarks.permit, remarks.acknowledges};
}

/// How a log line shall call the entry: by its name, or by its place if it has none.
std::string shown_name(const Json& entry, std::size_t index) {
    if (entry.is_object()) {
        if (const Json* name = find_member(entry, "name"); name != nullptr && name->is_string()) {
            return printable(name->get_ref<const std::string&>(), shown_name_chars_max);
        }
    }
    return "#" + std::to_string(index + 1);
}

void shorten(std::vector<Rejection>& rejections) {
    if (rejections.size() <= rejections_max) return;
    const std::size_t more = rejections.size() - rejections_max + 1;
    rejections.resize(rejections_max - 1);
    rejections.push_back({"others", std::to_string(more) + " more are at fault"});
}

/// Where the applications of a list stand, which decides whether each must name a state.
enum class Place : std::uint8_t { Open, Withheld };

Result<void> read_application(const Json& entry, Place place, Announcement& announcement) {
    Result<Application> application = parse_application(entry);
    if (!application) return tl::unexpected(application.error());
    Result<std::optional<Condition>> condition = parse_condition(entry);
    if (!condition) return tl::unexpected(condition.error());
    if (place == Place::Withheld && !*condition && is_for_the_original(*application)) {
        return fail("state: is missing");
    }
    if (*condition) {
        announcement.conditions.push_back({application->name, **std::move(condition)});
    }
    announcement.applications.push_back(*std::move(application));
    return {};
}

void read_applications(const Json& list, Place place, Announcement& announcement) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (announcement.applications.size() + announcement.rejections.size() >= applications_max) {
            announcement.rejections.push_back({"others", "only the first " +
                                                             std::to_string(applications_max) +
                                                             " applications of a node are read"});
            break;
        }
        if (const Result<void> read = read_application(list[i], place, announcement); !read) {
            announcement.rejections.push_back({shown_name(list[i], i), read.error().message});
        }
    }
}

void tidy(Announcement& announcement) {
    announcement.applications = sorted_unique(std::move(announcement.applications));
    announcement.conditions = sorted_conditions(std::move(announcement.conditions));
    std::ranges::sort(announcement.rejections);
    const auto [first, last] = std::ranges::unique(announcement.rejections);
    announcement.rejections.erase(first, last);
    shorten(announcement.rejections);
}

void read_permit(const Json& object, Announcement& announcement) {
    const Json* permit = find_member(object, "permit");
    if (permit == nullptr) return;
    Result<std::string> text = read_text(*permit);
    if (text && !is_permit_text(*text)) {
        text = fail("must be one printable word of at most " + std::to_string(permit_bytes_max) +
                    " characters");
    }
    if (text) {
        announcement.permit = *std::move(text);
    } else {
        announcement.rejections.push_back({"", "permit: " + text.error().message});
    }
}

/// What the announcement says of the list of which it shows so many; nothing if it says nothing.
Result<std::optional<ListSummary>> read_rest(const Json& object, std::size_t shown) {
    const Json* count = find_member(object, "count");
    const Json* digest = find_member(object, "digest");
    if (count == nullptr && digest == nullptr) return std::nullopt;
    constexpr std::string_view consequence = ", so only the applications beside it are known";
    if (count == nullptr || !count->is_number_unsigned() || count->get<std::uint64_t>() <= shown ||
        count->get<std::uint64_t>() > applications_max) {
        return fail("count: must be a number above " + std::to_string(shown) + " and up to " +
                    std::to_string(applications_max) + std::string(consequence));
    }
    const Result<ListDigest> parsed =
        digest == nullptr ? Result<ListDigest>(fail("is missing"))
                          : read_text(*digest).and_then(
                                [](const std::string& text) { return parse_digest(text); });
    if (!parsed) return fail("digest: " + parsed.error().message + std::string(consequence));
    return ListSummary{*parsed, count->get<std::size_t>()};
}

Role parse_role(std::string_view text) {
    for (const Role role : {Role::Backend, Role::LoadBalancer}) {
        if (text == name_of(role)) return role;
    }
    return Role::Unknown;
}

}  // namespace

std::string_view name_of(Role role) {
    switch (role) {
        case Role::Backend:
            return "backend";
        case Role::LoadBalancer:
            return "load-balancer";
        case Role::Unknown:
            break;
    }
    return "unknown";
}

bool is_permit_text(std::string_view text) {
    return !text.empty() && text.size() <= permit_bytes_max &&
           std::ranges::all_of(text,
                               [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; });
}

std::string render_announcement(Role role, const std::vector<Application>& applications,
                                const Remarks& remarks) {
    const Remarks ordered = in_order(remarks);
    return render(role, sort_by_condition(applications, ordered.conditions), ordered, std::nullopt);
}

Result<EncodedMetadata> encode_metadata(Role role, const std::vector<Application>& applications,
                                        const Remarks& remarks) {
    const Remarks ordered = in_order(remarks);
    const Sorted sorted = sort_by_condition(applications, ordered.conditions);
    const std::size_t count = sorted.healthy.size() + sorted.withheld.size();
    if (count > applications_max) {
        return fail("has " + std::to_string(count) + " applications, at most " +
                    std::to_string(applications_max) + " are allowed; spread them over more nodes");
    }
    if (auto bytes = pack(render(role, sorted, ordered, std::nullopt))) {
        return EncodedMetadata{*std::move(bytes), std::nullopt, sorted.healthy.size()};
    }
    const std::string list = render_list(applications, ordered.conditions);
    if (list.size() > list_bytes_max) {
        return fail("the list of " + std::to_string(count) + " applications takes " +
                    std::to_string(list.size()) + " bytes, at most " +
                    std::to_string(list_bytes_max) +
                    " are allowed; list fewer domains, or spread the applications over more nodes");
    }
    const ListSummary rest{digest_of(list), count};
    auto none = pack(render(role, {}, ordered, rest));
    SCRIMP_ASSERT(none);  // Some hundred bytes, and the permit.
    EncodedMetadata best{*std::move(none), rest, 0};
    // All but one of the list: what is all of it would have fitted, or has others withheld.
    const std::size_t shown_max = std::min(sorted.healthy.size(), count - 1);
    // Compressed sizes do not quite grow with what is compressed, so a few more are tried.
    constexpr std::size_t tries_beyond = 4;
    for (std::size_t shown = 1; shown <= shown_max && shown <= best.shown + tries_beyond; ++shown) {
        const auto end = sorted.healthy.begin() + static_cast<std::ptrdiff_t>(shown);
        auto bytes = pack(render(role, {{sorted.healthy.begin(), end}, {}}, ordered, rest));
        if (bytes) best = EncodedMetadata{*std::move(bytes), rest, shown};
    }
    return best;
}

std::vector<std::string> unseen_names(const std::vector<Application>& applications,
                                      std::size_t shown) {
    const std::vector<Application> sorted = sorted_unique(applications);
    std::vector<std::string> names;
    for (std::size_t i = shown; i < sorted.size(); ++i) names.push_back(sorted[i].name.text());
    return names;
}

Result<Announcement> parse_list(std::string_view list_text) {
    const Result<Json> json = parse_json(
        list_text,
        {.bytes_max = list_bytes_max, .depth_max = list_depth_max, .values_max = list_values_max});
    if (!json) {
        return fail("is not the JSON of a list: " +
                    printable(json.error().message, shown_reason_chars_max));
    }
    if (!json->is_array()) return fail("is not a list");
    Announcement announcement;
    announcement.role = Role::Backend;
    read_applications(*json, Place::Open, announcement);
    tidy(announcement);
    return announcement;
}

Result<Announcement> parse_announcement(std::string_view text) {
    const Result<Json> json = parse_json(
        text, {.bytes_max = metadata_inflated_bytes_max, .depth_max = announcement_depth_max});
    if (!json) {
        return fail("is not the JSON of an announcement: " +
                    printable(json.error().message, shown_reason_chars_max));
    }
    const Json* type = json->is_object() ? find_member(*json, "type") : nullptr;
    if (type == nullptr || !type->is_string()) return fail("says no type");
    Announcement announcement;
    announcement.role = parse_role(type->get_ref<const std::string&>());
    if (announcement.role == Role::LoadBalancer) {
        const Json* ours = find_member(*json, "scrimplb");
        announcement.acknowledges =
            ours != nullptr && ours->is_number_unsigned() && ours->get<std::uint64_t>() >= 1;
    }
    if (announcement.role != Role::Backend) return announcement;
    std::size_t shown = 0;
    for (const auto& [key, place] :
         {std::pair("applications", Place::Open), std::pair("withheld", Place::Withheld)}) {
        const Json* list = find_member(*json, key);
        if (list == nullptr) continue;
        if (!list->is_array()) return fail("has " + std::string(key) + " that are not a list");
        shown += list->size();
        read_applications(*list, place, announcement);
    }
    Result<std::optional<ListSummary>> rest = read_rest(*json, shown);
    if (rest) {
        announcement.rest = *std::move(rest);
    } else {
        announcement.rejections.push_back({"", rest.error().message});
    }
    read_permit(*json, announcement);
    tidy(announcement);
    return announcement;
}

Result<Announcement> decode_metadata(ByteView metadata) {
    if (metadata.size() > swim::metadata_bytes_max) {
        return fail("is " + std::to_string(metadata.size()) + " bytes long, at most " +
                    std::to_string(swim::metadata_bytes_max) + " are allowed");
    }
    const Result<std::string> text = gunzip(metadata, metadata_inflated_bytes_max);
    if (!text) return tl::unexpected(text.error());
    return parse_announcement(*text);
}

}  // namespace scrimp::service
