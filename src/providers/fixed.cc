// The stores and resolvers whose answer stands in the configuration, or is none at all.
#include <array>
#include <utility>

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "providers/rows.h"
#include "providers/settings.h"

namespace scrimp::providers {
namespace {

/// The original's default gossip port.
constexpr std::uint16_t port_default = 9999;

/// Always the same seeds; published addresses are forgotten.
class FixedStore final : public SeedStore {
  public:
    FixedStore(std::vector<Endpoint> seeds, boost::asio::any_io_executor loop)
        : seeds_(std::move(seeds)), loop_(std::move(loop)) {}

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

  private:
    std::vector<Endpoint> seeds_;
    boost::asio::any_io_executor loop_;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

/// The literal under `key`, one that can be connected to.
Result<Endpoint> read_address(const nlohmann::json& config, const std::string& key,
                              std::uint16_t port) {
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

OpenResult open_dummy(const nlohmann::json& config, const boost::asio::any_io_executor& loop) {
    if (const auto good = check_keys(config, {}); !good) return tl::unexpected(good.error());
    return std::make_unique<FixedStore>(std::vector<Endpoint>{}, loop);
}

OpenResult open_manual(const nlohmann::json& config, const boost::asio::any_io_executor& loop) {
    constexpr std::array<std::string_view, 2> keys{"ip", "port"};
    if (const auto good = check_keys(config, keys); !good) return tl::unexpected(good.error());
    const auto port = optional_port(config, "port", port_default);
    if (!port) return tl::unexpected(port.error());
    const auto seed = read_address(config, "ip", *port);
    if (!seed) return tl::unexpected(seed.error());
    return std::make_unique<FixedStore>(std::vector{*seed}, loop);
}

Result<void> check_no_settings(const nlohmann::json& config) {
    return check_keys(config, {});
}

Result<Endpoint> resolve_dummy(const nlohmann::json& config) {
    if (const auto good = check_no_settings(config); !good) return tl::unexpected(good.error());
    return parse_ip("::1");
}

Result<Endpoint> resolve_static(const nlohmann::json& config) {
    constexpr std::array<std::string_view, 1> keys{"address"};
    if (const auto good = check_keys(config, keys); !good) return tl::unexpected(good.error());
    return read_address(config, "address", 0);
}

Result<void> check_static(const nlohmann::json& config) {
    return resolve_static(config).map([](const Endpoint&) {});
}

}  // namespace scrimp::providers
