// The file as a SeedStore. A shared directory is often on a network, where a read can hang for
// minutes; a node must answer its pings meanwhile, so each call runs on a short-lived thread of its
// own and only its answer comes to the event loop. Who asks is not kept waiting for a hanging read
// either, since another store may know more. No thread stays behind between the calls.
#include <array>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include "providers/rows.h"
#include "providers/seed_file.h"
#include "providers/settings.h"
#include "runtime/clock.h"
#include "runtime/deadline_timer.h"

namespace scrimp::providers {
namespace {

/// Longer than a writer waits for the lock (seed_file.cc), with time for a slow disk.
constexpr Duration answer_longest = std::chrono::seconds{15};

/// One kind of call, on a thread.
template <class Answer>
class Errand {
  public:
    using Done = std::function<void(Answer)>;

    Errand(std::string path, boost::asio::io_context& loop)
        : path_(std::move(path)),
          loop_(loop),
          patience_(loop, [this](Instant) { give_up("the file system does not answer"); }) {}

    /// `work` on the thread, then `done` with its outcome on the loop.
    template <class Work>
    void run(Done done, Work work) {
        done_ = std::move(done);
        if (working_) {
            // Joining that thread would make everybody hang.
            give_up("the file system still hangs");
            return;
        }
        working_ = true;
        patience_.arm(runtime::now() + answer_longest);
        const auto executor = loop_.get_executor();
        auto finish =
            [this, alive = std::weak_ptr(alive_),
             loop = boost::asio::prefer(
                 executor, boost::asio::execution::outstanding_work.tracked)](Answer outcome) {
                boost::asio::post(loop, [this, alive, outcome = std::move(outcome)] {
                    if (alive.expired()) return;
                    working_ = false;
                    answer(outcome);
                });
            };
        try {
            // Assigning waits for the thread of the call before, which has nothing left to do.
            thread_ = std::jthread([finish, work = std::move(work)](const std::stop_token& stop) {
                finish(work(stop));
            });
        } catch (const std::system_error& error) {
            finish(fail(path_ + ": no thread to work on it: " + error.what()));
        }
    }

  private:
    void give_up(std::string_view why) {
        boost::asio::post(loop_, [this, alive = std::weak_ptr(alive_), why] {
            if (!alive.expired()) answer(fail(path_ + ": " + std::string(why)));
        });
    }
    void answer(Answer outcome) {
        patience_.arm(never);
        if (const Done done = std::exchange(done_, nullptr)) done(std::move(outcome));
    }

    std::string path_;
    boost::asio::io_context& loop_;
    runtime::DeadlineTimer patience_;
    Done done_;
    bool working_ = false;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
    std::jthread thread_;  ///< Last, so that it is stopped and joined before what it uses goes.
};

class FileStore final : public SeedStore {
  public:
    FileStore(SeedFile file, boost::asio::io_context& loop)
        : file_(std::move(file)), fetch_(file_.path, loop), publish_(file_.path, loop) {}

    void fetch(Fetched done) override {
        fetch_.run(std::move(done), [file = file_](const std::stop_token&) {
            return read_seed_file(file, runtime::unix_seconds());
        });
    }
    void publish(const Endpoint& self, Published done) override {
        publish_.run(std::move(done), [file = file_, self](const std::stop_token& stop) {
            return add_to_seed_file(file, self, runtime::unix_seconds(), stop);
        });
    }
    [[nodiscard]] bool publishes() const override { return true; }

  private:
    SeedFile file_;
    Errand<Result<std::vector<Endpoint>>> fetch_;
    Errand<Result<void>> publish_;
};

}  // namespace

OpenResult open_file(const Json& config, boost::asio::io_context& loop) {
    constexpr std::array<std::string_view, 2> keys{"path", "expiry"};
    if (const auto good = check_keys(config, keys); !good) return tl::unexpected(good.error());
    auto path = required_text(config, "path");
    if (!path) return tl::unexpected(path.error());
    if (path->find('\0') != std::string::npos || path->ends_with('/')) {
        return fail("path: must name a file");
    }
    const auto expiry = expiry_of(config);
    if (!expiry) return tl::unexpected(expiry.error());
    return std::make_unique<FileStore>(SeedFile{*std::move(path), *expiry}, loop);
}

}  // namespace scrimp::providers
