#include "app/admin_desk.h"

#include <utility>

#include "admin/json_writer.h"
#include "base/printable.h"
#include "runtime/log.h"

namespace scrimp::app {
namespace {

/// Of a path that nobody knows.
constexpr std::size_t path_chars_max = 80;

/// A JSON object in one line, without the newline at its end.
template <class Write>
std::string line_of(Write write) {
    admin::JsonWriter json;
    json.begin_object();
    write(json);
    json.end_object();
    std::string text = std::move(json).take();
    text.pop_back();
    return text;
}

}  // namespace

void AdminDesk::get(const std::string& path, Page page) {
    get_later(path, [page = std::move(page)](const admin::Request& request, const auto& reply) {
        reply->send(page(request));
    });
}

void AdminDesk::get_later(const std::string& path, Action action) {
    pages_[path].get = std::move(action);
}

void AdminDesk::post(const std::string& path, Action action) {
    pages_[path].post = std::move(action);
}

void AdminDesk::open(const std::string& path) {
    if (path.empty()) return;
    auto server = runtime::HttpServer::listen(
        loop_, path,
        [this](const admin::Request& request, const auto& reply) { handle(request, reply); });
    if (!server) {
        return runtime::log_warning("no admin socket at " + path + ": " + server.error().message);
    }
    server_ = *std::move(server);
    runtime::log_info("admin socket at " + path);
}

void AdminDesk::handle(const admin::Request& request,
                       const std::shared_ptr<runtime::HttpReply>& reply) {
    const auto found = pages_.find(request.path);
    if (found == pages_.end()) {
        return reply->send(admin::problem(
            404, "there is no " + printable(request.path, path_chars_max) + " on this node"));
    }
    const bool is_post = request.method == admin::Method::Post;
    const Action& action = is_post ? found->second.post : found->second.get;
    if (!action) {
        return reply->send(admin::problem(
            405, request.path + " is asked with " + (is_post ? "GET" : "POST") + " only"));
    }
    if (is_post) {
        runtime::log_info("admin: " + request.path +
                          (request.user ? " by user " + std::to_string(*request.user) : ""));
    }
    action(request, reply);
}

AdminProgress::AdminProgress(std::shared_ptr<runtime::HttpReply> reply) : reply_(std::move(reply)) {
    reply_->begin_lines(admin::lines_type);
}

void AdminProgress::tell(const std::string& sentence) {
    reply_->line(line_of([&](admin::JsonWriter& json) { json.field("progress", sentence); }));
}

void AdminProgress::finish(bool well, const std::string& detail) {
    reply_->line(line_of([&](admin::JsonWriter& json) {
        json.field("done", well);
        json.field("detail", detail);
    }));
    reply_->end();
}

}  // namespace scrimp::app
