#include "admin/http.h"

#include <array>
#include <utility>

#include "admin/json_writer.h"
#include "base/printable.h"

namespace scrimp::admin {
namespace {

/// A sentence with a path and a name in it, twice over.
constexpr std::size_t detail_chars_max = 2000;

constexpr std::array<std::pair<int, std::string_view>, 11> titles{
    {{200, "OK"},
     {400, "Bad Request"},
     {404, "Not Found"},
     {405, "Method Not Allowed"},
     {408, "Request Timeout"},
     {409, "Conflict"},
     {413, "Content Too Large"},
     {431, "Request Header Fields Too Large"},
     {500, "Internal Server Error"},
     {501, "Not Implemented"},
     {503, "Service Unavailable"}}};

}  // namespace

std::string_view title_of(int status) {
    for (const auto& [known, title] : titles) {
        if (known == status) return title;
    }
    return {};
}

Response problem(int status, std::string_view detail) {
    JsonWriter json;
    json.begin_object();
    json.field("type", "about:blank");
    json.field("title", title_of(status));
    json.field("status", status);
    json.field("detail", printable(detail, detail_chars_max));
    json.end_object();
    return {.status = status,
            .content_type = std::string(problem_type),
            .body = std::move(json).take()};
}

Result<Format> format_of(const Request& request) {
    const auto given = request.query.find("format");
    if (given == request.query.end() || given->second == "json") return Format::Json;
    if (given->second == "text") return Format::Text;
    return fail("format: '" + printable(given->second, 40) + "' is neither text nor json");
}

}  // namespace scrimp::admin
