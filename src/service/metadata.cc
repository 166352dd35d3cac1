#include "service/metadata.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>

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

void append_quoted(std::string& out, std::string_view key, std::string_view value) {
    out.append("\"").append(key).append("\":\"").append(value).append("\"");
}

/// Names and domains hold no character that JSON would escape.
void append_application(std::string& out, const Application& application) {
    out += '{';
    append_quoted(out, "name", application.name.text());
    out += ',';
    append_quoted(out, "listen-port", std::to_string(application.listen_port));
    out += ',';
    append_quoted(out, "application-port", std::to_string(application.application_port));
    out += ',';
    append_quoted(out, "protocol", name_of(application.protocol));
    out += ",\"domains\":[";
    for (std::size_t i = 0; i < application.domains.size(); ++i) {
        out.append(i == 0 ? "\"" : ",\"").append(application.domains[i].text()).append("\"");
    }
    out += "]}";
}

template <class T>
void sort_unique(std::vector<T>& items) {
    std::ranges::sort(items);
    const auto [first, last] = std::ranges::unique(items);
    items.erase(first, last);
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

void read_applications(const Json& list, Announcement& announcement) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (i == applications_max) {
            announcement.rejections.push_back({"others", "only the first " +
                                                             std::to_string(applications_max) +
                                                             " applications of a node are read"});
            break;
        }
        Result<Application> application = parse_application(list[i]);
        if (application) {
            announcement.applications.push_back(*std::move(application));
        } else {
            announcement.rejections.push_back(
                {shown_name(list[i], i), application.error().message});
        }
    }
    sort_unique(announcement.applications);
    sort_unique(announcement.rejections);
    shorten(announcement.rejections);
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

std::string render_announcement(Role role, const std::vector<Application>& applications) {
    std::vector<Application> sorted = applications;
    sort_unique(sorted);
    std::string text = "{";
    append_quoted(text, "type", name_of(role));
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        text += i == 0 ? ",\"applications\":[" : ",";
        append_application(text, sorted[i]);
    }
    text += sorted.empty() ? "}" : "]}";
    return text;
}

Result<Bytes> encode_metadata(Role role, const std::vector<Application>& applications) {
    Bytes bytes = gzip(render_announcement(role, applications));
    if (bytes.size() <= swim::metadata_bytes_max) return bytes;
    return fail("the announcement of " + std::to_string(applications.size()) +
                " applications takes " + std::to_string(bytes.size()) + " bytes, " +
                std::to_string(bytes.size() - swim::metadata_bytes_max) + " more than the " +
                std::to_string(swim::metadata_bytes_max) +
                " that fit; shorten names and domains, or spread the applications over more nodes");
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
    if (announcement.role != Role::Backend) return announcement;
    const Json* list = find_member(*json, "applications");
    if (list == nullptr) return announcement;
    if (!list->is_array()) return fail("has applications that are not a list");
    read_applications(*list, announcement);
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
