// The stores and resolvers whose answer stands in the configuration, or is none at all.
#include <array>
#include <utility>

#include <boost/asio/post.hpp>

#include "providers/rows.h"
#include "providers/settings.h"

namespace scrimp::providers {
namespace {

/// The original's default gossip port.
constexpr std::uint16_t port_default = 9999;

/// Always the same seeds; published addresses are forgotten.
class FixedStore final : public SeedStore {
  public:
    FixedStore(std::vector<Endpoint> seeds, boost::asio::io_context& loop)
        : seeds_(std::move(seeds)), loop_(loop) {}

    void fetch(Fetched done) override {
        boost::asio::post(loop_,
                          [alive = std::weak_ptr(alive_), done = std::move(done), seeds = seeds_] {
                              if (!alive.expired()) done(seeds);
                          });
    }
    void publish(const Endpoint&, Published done) override {
        boost::asio::post(loop_, [alive = std::weak_ptr(alive_), done = std::move(done)] {
            if (!alive.expired()) done({});
        });
    }
    [[nodiscard]] bool publishes() const override { return false; }

  private:
    std::vector<Endpoint> seeds_;
    boost::asio::io_context& loop_;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

/// Looks each time it is asked.
class LocalSource final : public AddressSource {
  public:
    LocalSource(std::function<Result<Endpoint>()> look, boost::asio::io_context& loop)
        : look_(std::move(look)), loop_(loop) {}

    void resolve(Resolved done) override {
        boost::asio::post(loop_, [this, alive = std::weak_ptr(alive_), done = std::move(done)] {
            if (!alive.expired()) done(look_());
        });
    }

  private:
    std::function<Result<Endpoint>()> look_;
    boost::asio::io_context& loop_;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

/// The literal under `key`, one that can be connected to.
Result<Endpoint> read_address(const Json& config, const std::string& key, std::uint16_t port) {
    const auto text = required_text(config, key);
    if (!text) return tl::unexpected(text.error());
    const auto address = parse_ip(*text, port);
    if (!address) return fail(key + ": " + address.error().message);
    if (address->is_unspecified()) {
        return fail(key + ": '" + *text + "' stands for every address; name one");
    }
    return *address;
}

}  // namespace

OpenResult open_dummy(const Json& config, boost::asio::io_context& loop) {
    if (const auto good = check_keys(config, {}); !good) return tl::unexpected(good.error());
    return std::make_unique<FixedStore>(std::vector<Endpoint>{}, loop);
}

OpenResult open_manual(const Json& config, boost::asio::io_context& loop) {
    constexpr std::array<std::string_view, 2> keys{"ip", "port"};
    if (const auto good = check_keys(config, keys); !good) return tl::unexpected(good.error());
    const auto port = optional_port(config, "port", port_default);
    if (!port) return tl::unexpected(port.error());
    const auto seed = read_address(config, "ip", *port);
    if (!seed) return tl::unexpected(seed.error());
    return std::make_unique<FixedStore>(std::vector{*seed}, loop);
}

std::unique_ptr<AddressSource> make_source(std::function<Result<Endpoint>()> look,
                                           boost::asio::io_context& loop) {
    return std::make_unique<LocalSource>(std::move(look), loop);
}

OpenSourceResult open_dummy_source(const Json& config, boost::asio::io_context& loop) {
    if (const auto good = check_keys(config, {}); !good) return tl::unexpected(good.error());
    return make_source([] { return parse_ip("::1"); }, loop);
}

OpenSourceResult open_static_source(const Json& config, boost::asio::io_context& loop) {
    constexpr std::array<std::string_view, 1> keys{"address"};
    if (const auto good = check_keys(config, keys); !good) return tl::unexpected(good.error());
    auto address = read_address(config, "address", 0);
    if (!address) return tl::unexpected(address.error());
    return make_source([address] { return address; }, loop);
}

}  // namespace scrimp::providers
