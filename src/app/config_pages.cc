#include "app/config_pages.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/post.hpp>

#include "admin/generations.h"
#include "app/balancer.h"
#include "app/config_fields.h"
#include "base/json.h"
#include "runtime/clock.h"
#include "runtime/deadline_timer.h"

namespace scrimp::app {
namespace {

/// One name.
constexpr std::size_t body_bytes_max = 4096;

/// Checking and reloading a large configuration takes seconds. Their timeouts are 40 s together by
/// default, more with the helper, which checks once more; what takes longer goes on without anybody
/// waiting.
constexpr Duration rollback_longest = std::chrono::seconds{90};
/// A person cannot tell it from at once.
constexpr Duration rollback_glance = std::chrono::milliseconds{100};

/// Waits until the proxy serves a generation, or could not be brought to.
class RollbackWatch : public std::enable_shared_from_this<RollbackWatch> {
  public:
    RollbackWatch(boost::asio::io_context& loop, const Balancer& balancer, std::string generation,
                  std::shared_ptr<runtime::HttpReply> reply)
        : loop_(loop),
          balancer_(balancer),
          generation_(std::move(generation)),
          progress_(std::move(reply)),
          until_(runtime::now() + rollback_longest),
          timer_(loop, [this](Instant) { look(); }) {}

    void begin() {
        progress_.tell("going back to generation " + generation_);
        self_ = shared_from_this();
        timer_.arm(runtime::now() + rollback_glance);
    }

  private:
    void look() {
        const proxy::RolloutView view = balancer_.rollout();
        if (view.phase == "idle" && view.generation == generation_) {
            return end(true, "generation " + generation_ + " is served and pinned");
        }
        if (view.phase == "idle" && !view.failure.empty()) {
            return end(false,
                       "generation " + generation_ + " is NOT served: " + view.failure +
                           "; it stays pinned, and no change of the cluster reaches the proxy "
                           "until 'scrimplb config unpin'");
        }
        if (runtime::now() >= until_) {
            return end(false, "generation " + generation_ + " is pinned and not served yet");
        }
        timer_.arm(runtime::now() + rollback_glance);
    }
    void end(bool well, const std::string& sentence) {
        progress_.finish(well, sentence);
        // Not from within: the timer that called us is ours.
        boost::asio::post(loop_, [last = std::exchange(self_, nullptr)] {});
    }

    boost::asio::io_context& loop_;
    const Balancer& balancer_;
    std::string generation_;
    AdminProgress progress_;
    Instant until_;
    runtime::DeadlineTimer timer_;
    std::shared_ptr<RollbackWatch> self_;  ///< Until it has ended.
};

admin::Response text_or_problem(const Result<std::string>& text) {
    if (!text) return admin::problem(404, text.error().message);
    return {.content_type = std::string(admin::text_type), .body = *text};
}

/// Of the query; empty if it is not there.
std::string given(const admin::Request& request, const std::string& name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? "" : found->second;
}

admin::GenerationsView generations_view(const Balancer& balancer) {
    admin::GenerationsView view{.now = runtime::unix_seconds()};
    const std::string served = balancer.rollout().generation;
    const std::string& pinned = balancer.history().pinned();
    for (const Generation& generation : balancer.history().generations()) {
        view.generations.push_back({.name = generation.name,
                                    .at = generation.at,
                                    .revision = generation.revision,
                                    .bytes = generation.bytes,
                                    .why = generation.why,
                                    .served = generation.name == served,
                                    .pinned = generation.name == pinned});
    }
    return view;
}

admin::Response history_page(const Balancer& balancer, const admin::Request& request) {
    const Result<admin::Format> format = admin::format_of(request);
    if (!format) return admin::problem(400, format.error().message);
    const admin::GenerationsView view = generations_view(balancer);
    if (*format == admin::Format::Json) return {.body = admin::generations_json(view)};
    return text_or_problem(admin::generations_text(view));
}

/// `from`, or the generation that is served, to `to`, or what would be rendered now.
admin::Response diff_page(const Balancer& balancer, const admin::Request& request) {
    std::string from = given(request, "from");
    if (from.empty()) from = balancer.rollout().generation;
    return text_or_problem(balancer.difference(from, given(request, "to")));
}

Result<std::string> rendered(const Balancer& balancer, const std::string& name) {
    if (name.empty()) return balancer.render();
    const auto generation = balancer.history().find(name);
    if (!generation) return tl::unexpected(generation.error());
    return balancer.history().text_of(*generation);
}

Result<std::string> read_generation(const std::string& body) {
    const Result<Json> json = parse_json(body, {.bytes_max = body_bytes_max});
    if (!json) return tl::unexpected(json.error());
    if (!json->is_object()) return fail("the body must be an object");
    Mistakes mistakes;
    Fields fields(*json, "body", "", mistakes);
    const std::string name = fields.text("generation").value_or("");
    if (name.empty()) fields.refuse("generation", "must name one; config history lists them");
    fields.refuse_unknown();
    if (mistakes.count() > 0) return tl::unexpected(mistakes.error());
    return name;
}

void roll_back(boost::asio::io_context& loop, Balancer& balancer, const admin::Request& request,
               const std::shared_ptr<runtime::HttpReply>& reply) {
    const auto name = read_generation(request.body);
    if (!name) return reply->send(admin::problem(400, name.error().message));
    const Result<Generation> pinned = balancer.pin(*name);
    if (!pinned) return reply->send(admin::problem(409, pinned.error().message));
    std::make_shared<RollbackWatch>(loop, balancer, pinned->name, reply)->begin();
}

void unpin(Balancer& balancer, const std::shared_ptr<runtime::HttpReply>& reply) {
    const Result<void> unpinned = balancer.unpin();
    if (!unpinned) return reply->send(admin::problem(409, unpinned.error().message));
    AdminProgress(reply).finish(true, "unpinned: the latest table is rolled out");
}

}  // namespace

void add_config_pages(AdminDesk& desk, Balancer* balancer) {
    const auto get = [&](const char* path, auto page) {
        desk.get(path, [balancer, page](const admin::Request& request) {
            if (balancer == nullptr) {
                return admin::problem(404, "this node is a backend; it configures no proxy");
            }
            return page(*balancer, request);
        });
    };
    get("/v1/config/history", history_page);
    get("/v1/config/diff", diff_page);
    get("/v1/config/render", [](const Balancer& asked, const admin::Request& request) {
        return text_or_problem(rendered(asked, given(request, "generation")));
    });
    if (balancer == nullptr) return;
    desk.post("/v1/config/rollback",
              [&loop = desk.loop(), balancer](const auto& request, const auto& reply) {
                  roll_back(loop, *balancer, request, reply);
              });
    desk.post("/v1/config/unpin",
              [balancer](const auto&, const auto& reply) { unpin(*balancer, reply); });
}

}  // namespace scrimp::app
