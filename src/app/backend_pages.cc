#include "app/backend_pages.h"

#include <optional>
#include <string>
#include <utility>

#include "app/backend.h"
#include "app/config_fields.h"
#include "base/json.h"

namespace scrimp::app {
namespace {

using Reply = std::shared_ptr<runtime::HttpReply>;

/// One name, one reason, two flags.
constexpr std::size_t wish_bytes_max = 4096;

struct Wish {
    std::optional<std::string> application{};
    std::optional<bool> wait{};
    std::optional<bool> on{};
    std::string reason{};
};

/// Which keys there are is the action's: `is_maintenance` has `on` and `reason`, `may_wait` `wait`.
Result<Wish> read_wish(const std::string& body, bool is_maintenance, bool may_wait) {
    const Result<Json> json = parse_json(body.empty() ? "{}" : body, {.bytes_max = wish_bytes_max});
    if (!json) return tl::unexpected(json.error());
    if (!json->is_object()) return fail("the body must be an object");
    Mistakes mistakes;
    Fields fields(*json, "body", "", mistakes);
    Wish wish;
    wish.application = fields.text("application");
    if (may_wait) wish.wait = fields.flag("wait");
    if (is_maintenance) {
        wish.on = fields.flag("on");
        wish.reason = fields.text("reason").value_or("");
        if (!fields.is_given("on")) fields.refuse("on", "must be true or false");
    }
    fields.refuse_unknown();
    if (mistakes.count() > 0) return tl::unexpected(mistakes.error());
    return wish;
}

void drain(Backend& backend, const Wish& wish, const Reply& reply) {
    const auto progress = std::make_shared<AdminProgress>(reply);
    if (wish.wait.value_or(false)) {
        return backend.drain(
            wish.application,
            [progress](bool safe, const std::string& sentence) {
                progress->finish(safe, sentence);
            },
            [progress](const std::string& sentence) { progress->tell(sentence); });
    }
    const Result<void> withdrawn = backend.withdraw(wish.application);
    progress->finish(withdrawn.has_value(),
                     withdrawn ? "draining is announced; the same with --wait tells when it is "
                                 "safe to stop"
                               : withdrawn.error().message);
}

void make_ready(Backend& backend, const Wish& wish, const Reply& reply) {
    AdminProgress progress(reply);
    const Result<void> resumed = backend.resume(wish.application);
    progress.finish(resumed.has_value(),
                    resumed ? "nothing of that drains any more" : resumed.error().message);
}

void maintain(Backend& backend, const Wish& wish, const Reply& reply) {
    AdminProgress progress(reply);
    const Result<std::string> said =
        backend.set_maintenance(*wish.on, wish.application, wish.reason);
    progress.finish(said.has_value(), said ? *said : said.error().message);
}

}  // namespace

void add_backend_pages(AdminDesk& desk, Backend* backend) {
    using Act = void (*)(Backend&, const Wish&, const Reply&);
    const auto add = [&](const std::string& path, Act act, bool is_maintenance, bool may_wait) {
        desk.post(path, [=](const admin::Request& request, const Reply& reply) {
            if (backend == nullptr) {
                return reply->send(admin::problem(
                    404,
                    "this node is a load balancer: it has no applications of its own; ask the "
                    "backend that serves them"));
            }
            const Result<Wish> wish = read_wish(request.body, is_maintenance, may_wait);
            if (!wish) return reply->send(admin::problem(400, wish.error().message));
            act(*backend, *wish, reply);
        });
    };
    add("/v1/drain", drain, false, true);
    add("/v1/ready", make_ready, false, false);
    add("/v1/maintenance", maintain, true, false);
}

}  // namespace scrimp::app
