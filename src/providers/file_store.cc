// The file as a SeedStore. A shared directory is often on a network, where a read can hang for
// minutes; a node must answer its pings meanwhile, so each call is an errand on a thread of its
// own.
#include <array>
#include <memory>
#include <utility>

#include "providers/errand.h"
#include "providers/rows.h"
#include "providers/seed_file.h"
#include "providers/settings.h"
#include "runtime/clock.h"

namespace scrimp::providers {
namespace {

/// Longer than a writer waits for the lock (seed_file.cc), with time for a slow disk.
constexpr Duration answer_longest = std::chrono::seconds{15};

class FileStore final : public SeedStore {
  public:
    FileStore(SeedFile file, boost::asio::io_context& loop)
        : file_(std::move(file)),
          fetch_(file_.path, answer_longest, loop),
          publish_(file_.path, answer_longest, loop) {}

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
