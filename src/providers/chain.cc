// Several stores as one: the next is asked when the one before it fails or knows nobody.
//
// A store may know only the dead: an address an operator once named, a document whose writers are
// gone. That shows when they are joined, which is not seen here; but who has found company asks no
// further. So each fetch begins behind the store whose seeds were given last: whoever asks again is
// led to the next one, round and round, and with it past those that lead nowhere.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "providers/rows.h"

namespace scrimp::providers {
namespace {

struct Link {
    std::string name;
    std::unique_ptr<SeedStore> store;
};

/// "s3: no such bucket; file: …" grows by one part.
void add_fault(std::string& faults, const std::string& name, const Error& error) {
    if (!faults.empty()) faults += "; ";
    faults += name + ": " + error.message;
}

class ChainStore final : public SeedStore {
  public:
    explicit ChainStore(std::vector<Link> links) : links_(std::move(links)) {}

    void fetch(Fetched done) override {
        fetched_ = std::move(done);
        fetch_faults_.clear();
        lonely_answer_.clear();
        asked_ = 0;
        fetch_next();
    }

    /// All at once: the slowest decides how long it takes. Somebody publishes, or it is as with a
    /// single store that does not.
    void publish(const Endpoint& self, Published done) override {
        self_ = self;
        published_ = std::move(done);
        publish_faults_.clear();
        const bool any = publishes();
        unanswered_ = static_cast<std::size_t>(
            any ? std::ranges::count_if(links_,
                                        [](const Link& link) { return link.store->publishes(); })
                : std::ptrdiff_t{1});
        for (std::size_t i = 0; i < links_.size(); ++i) {
            if (any ? !links_[i].store->publishes() : i > 0) continue;
            links_[i].store->publish(
                self, [this, i](const Result<void>& outcome) { handle_published(i, outcome); });
        }
    }

    [[nodiscard]] bool publishes() const override {
        return std::ranges::any_of(links_,
                                   [](const Link& link) { return link.store->publishes(); });
    }

  private:
    void fetch_next() {
        const std::size_t i = (first_ + asked_++) % links_.size();
        links_[i].store->fetch([this, i](Result<std::vector<Endpoint>> seeds) {
            if (!seeds) {
                add_fault(fetch_faults_, links_[i].name, seeds.error());
            } else if (leads_to_others(*seeds)) {
                first_ = (i + 1) % links_.size();
                return std::exchange(fetched_, nullptr)(std::move(seeds));
            } else if (!seeds->empty()) {
                lonely_answer_ = *std::move(seeds);
            }
            if (asked_ < links_.size()) return fetch_next();
            finish_fetch();
        });
    }

    /// A store that has only us, since we could publish there, must not hide those that the next
    /// one has.
    [[nodiscard]] bool leads_to_others(const std::vector<Endpoint>& seeds) const {
        return std::ranges::any_of(seeds, [this](const Endpoint& seed) { return seed != self_; });
    }

    void finish_fetch() {
        first_ = 0;
        const auto done = std::exchange(fetched_, nullptr);
        if (!fetch_faults_.empty()) return done(fail(fetch_faults_));
        done(lonely_answer_);
    }

    void handle_published(std::size_t i, const Result<void>& outcome) {
        if (!outcome) add_fault(publish_faults_, links_[i].name, outcome.error());
        if (--unanswered_ > 0) return;
        const auto done = std::exchange(published_, nullptr);
        if (!publish_faults_.empty()) return done(fail(publish_faults_));
        done({});
    }

    std::vector<Link> links_;
    std::optional<Endpoint> self_;
    Fetched fetched_;
    std::size_t first_ = 0;  ///< The link that the next fetch begins with.
    std::size_t asked_ = 0;  ///< By this fetch.
    std::string fetch_faults_;
    std::vector<Endpoint> lonely_answer_;  ///< Nobody but us.
    Published published_;
    std::string publish_faults_;
    std::size_t unanswered_ = 0;
};

}  // namespace

Result<std::unique_ptr<SeedStore>> open_chain(const std::vector<ProviderConfig>& providers,
                                              boost::asio::io_context& loop) {
    SCRIMP_ASSERT(!providers.empty());
    std::vector<Link> links;
    for (const ProviderConfig& provider : providers) {
        const auto row = find_provider(provider.name);
        if (!row) return tl::unexpected(row.error());
        auto store = (*row)->open(provider.config, loop);
        if (!store) return fail(provider.name + ": " + store.error().message);
        links.push_back({std::string((*row)->name), *std::move(store)});
    }
    if (links.size() == 1) return std::move(links.front().store);
    return std::make_unique<ChainStore>(std::move(links));
}

}  // namespace scrimp::providers
