#include "providers/helper.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "base/printable.h"

namespace scrimp::providers {
namespace {

using runtime::CommandEnd;

/// The last line that is not blank: where a script says what it died of, after whatever it told on
/// its way there.
std::string_view last_line(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const std::size_t end = text.find_last_not_of(blank);
    if (end == std::string_view::npos) return {};
    text = text.substr(0, end + 1);
    text = text.substr(text.find_last_of('\n') + 1);  // npos + 1 is 0: the only line
    return text.substr(text.find_first_not_of(blank));
}

class HelperStore final : public SeedStore {
  public:
    HelperStore(HelperSpec spec, boost::asio::io_context& loop)
        : helper_(std::move(spec), loop), loop_(loop) {}

    void fetch(Fetched done) override {
        helper_.ask(seed::HelperAction::Fetch, std::nullopt,
                    [done = std::move(done)](Result<seed::HelperAnswer> answer) {
                        done(std::move(answer).map(
                            [](seed::HelperAnswer&& fetched) { return std::move(fetched.seeds); }));
                    });
    }
    void publish(const Endpoint& self, Published done) override {
        if (!helper_.publishes()) {
            boost::asio::post(loop_, [alive = std::weak_ptr(alive_), done = std::move(done)] {
                if (!alive.expired()) done({});
            });
            return;
        }
        helper_.ask(seed::HelperAction::Publish, self,
                    [done = std::move(done)](const Result<seed::HelperAnswer>& answer) {
                        done(answer.map([](const seed::HelperAnswer&) {}));
                    });
    }
    [[nodiscard]] bool publishes() const override { return helper_.publishes(); }

  private:
    Helper helper_;
    boost::asio::io_context& loop_;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

class HelperSource final : public AddressSource {
  public:
    HelperSource(HelperSpec spec, boost::asio::io_context& loop) : helper_(std::move(spec), loop) {}

    void resolve(Resolved done) override {
        helper_.ask(seed::HelperAction::Resolve, std::nullopt,
                    [done = std::move(done)](const Result<seed::HelperAnswer>& answer) {
                        done(answer.map(
                            [](const seed::HelperAnswer& resolved) { return *resolved.address; }));
                    });
    }

  private:
    Helper helper_;
};

}  // namespace

Helper::Helper(HelperSpec spec, boost::asio::io_context& loop)
    : spec_(std::move(spec)), loop_(loop) {}

void Helper::ask(seed::HelperAction action, const std::optional<Endpoint>& self, Answered done) {
    Errand& errand = errands_.at(static_cast<std::size_t>(action));
    const seed::HelperRequest request{.action = action,
                                      .name = spec_.name,
                                      .config = spec_.config,
                                      .state = errand.state,
                                      .self = self};
    const auto ended = [this, action, &errand,
                        done = std::move(done)](const Result<CommandEnd>& end) {
        Result<seed::HelperAnswer> answer = judge(action, end);
        if (answer) errand.state = answer->state;
        errand.run.reset();
        // Last, since whoever is answered may destroy us.
        done(std::move(answer));
    };
    errand.run = std::make_unique<runtime::Command>(
        loop_,
        runtime::CommandSpec{.argv = spec_.argv,
                             .timeout = spec_.timeout,
                             .input = seed::render_request(request),
                             .errors_apart = true,
                             .output_bytes_max = seed::helper_answer_bytes_max,
                             .flood_is_fatal = true},
        ended);
}

Result<seed::HelperAnswer> Helper::judge(seed::HelperAction action,
                                         const Result<CommandEnd>& end) const {
    if (!end) return tl::unexpected(end.error());
    const std::string who = "'" + spec_.argv.front() + "' ";
    const bool exited = end->fate == CommandEnd::Fate::Exited;
    const bool said_something = !last_line(end->output).empty();
    if (exited && (said_something || end->succeeded())) {
        auto answer = seed::parse_answer(action, end->output);
        if (end->succeeded() || !answer) return answer;
    }
    // A flood is no sentence.
    const bool flooded = end->fate == CommandEnd::Fate::Flooded;
    const std::string_view why = flooded ? std::string_view() : last_line(end->errors);
    return fail(who + end->fate_text() +
                (why.empty() ? "" : ": " + printable(why, seed::helper_error_chars_max)));
}

std::unique_ptr<SeedStore> make_helper_store(HelperSpec spec, boost::asio::io_context& loop) {
    return std::make_unique<HelperStore>(std::move(spec), loop);
}

std::unique_ptr<AddressSource> make_helper_source(HelperSpec spec, boost::asio::io_context& loop) {
    return std::make_unique<HelperSource>(std::move(spec), loop);
}

}  // namespace scrimp::providers
