// The file as a SeedStore. A shared directory is often on a network, where a read can hang for
// minutes; a node must answer its pings meanwhile, so each call runs on a short-lived thread of its
// own and only its answer comes to the event loop. No thread stays behind between the calls.
#include <array>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <nlohmann/json.hpp>

#include "providers/rows.h"
#include "providers/seed_file.h"
#include "providers/settings.h"

namespace scrimp::providers {
namespace {

class FileStore final : public SeedStore {
  public:
    FileStore(std::string path, boost::asio::any_io_executor loop)
        : path_(std::move(path)), loop_(std::move(loop)) {}

    void fetch(Fetched done) override {
        run(fetching_, std::move(done),
            [path = path_](const std::stop_token&) { return read_seed_file(path); });
    }
    void publish(const Endpoint& self, Published done) override {
        run(publishing_, std::move(done), [path = path_, self](const std::stop_token& stop) {
            return add_to_seed_file(path, self, stop);
        });
    }

  private:
    /// `work` on `thread`, then `done` with its outcome on the loop, unless we are gone by then.
    template <class Answer, class Work>
    void run(std::jthread& thread, std::function<void(Answer)> done, Work work) {
        auto answer =
            [loop = boost::asio::prefer(loop_, boost::asio::execution::outstanding_work.tracked),
             alive = std::weak_ptr(alive_), done = std::move(done)](Answer outcome) {
                boost::asio::post(loop, [alive, done, outcome = std::move(outcome)] {
                    if (!alive.expired()) done(outcome);
                });
            };
        try {
            // Assigning waits for the thread of the call before, which has answered already.
            thread = std::jthread([answer, work = std::move(work)](const std::stop_token& stop) {
                answer(work(stop));
            });
        } catch (const std::system_error& error) {
            answer(fail(path_ + ": no thread to work on it: " + error.what()));
        }
    }

    std::string path_;
    boost::asio::any_io_executor loop_;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
    // Last, so that they are stopped and joined before anything they use goes.
    std::jthread fetching_;
    std::jthread publishing_;
};

}  // namespace

OpenResult open_file(const nlohmann::json& config, const boost::asio::any_io_executor& loop) {
    constexpr std::array<std::string_view, 1> keys{"path"};
    if (const auto good = check_keys(config, keys); !good) return tl::unexpected(good.error());
    auto path = required_text(config, "path");
    if (!path) return tl::unexpected(path.error());
    if (path->find('\0') != std::string::npos || path->ends_with('/')) {
        return fail("path: must name a file");
    }
    return std::make_unique<FileStore>(std::move(*path), loop);
}

}  // namespace scrimp::providers
