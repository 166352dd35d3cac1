#include "proxy/nginx_note.h"

#include <string>

#include "base/json.h"
#include "proxy/nginx_domains.h"
#include "service/application_list.h"

namespace scrimp::proxy {
namespace {

/// Fits a screen more or less, and nginx.
constexpr std::size_t note_line_bytes = 1000;

}  // namespace

void write_note(Text& text, const service::Application& application) {
    if (!application.options && !is_grpc(application)) return;
    const std::string list = service::render_list({application}, {});
    for (std::size_t at = 0; at < list.size(); at += note_line_bytes) {
        text.line(std::string(nginx_note_mark) + list.substr(at, note_line_bytes));
    }
}

Result<service::Application> read_note(std::string_view note) {
    const auto list = parse_json(note);
    if (!list) return tl::unexpected(list.error());
    if (!list->is_array() || list->size() != 1) return fail("is no list of one application");
    return service::parse_application(list->front());
}

}  // namespace scrimp::proxy
