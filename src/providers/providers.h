// Where seeds come from and who we are: the two tables of plug-ins, one file a row.
//
// A SeedStore holds the addresses of load balancers, an AddressSource knows ours. Their calls
// return at once and answer later, on the event loop, exactly once: behind them may be a file, a
// network service or a helper process. One call of each kind is under way at a time. Destroying
// one cancels what is under way.
//
// Opening one only reads its settings: to check a configuration, open and discard.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "base/endpoint.h"
#include "base/result.h"

namespace scrimp::providers {

class SeedStore {
  public:
    using Fetched = std::function<void(Result<std::vector<Endpoint>>)>;
    using Published = std::function<void(Result<void>)>;
    virtual ~SeedStore() = default;
    /// A store that holds nothing yet yields an empty list, not an error.
    virtual void fetch(Fetched done) = 0;
    /// Adds `self` unless it is there, or renews its age.
    virtual void publish(const Endpoint& self, Published done) = 0;
    /// Whether publishing leads anywhere. Where it does not, somebody else keeps the seeds, and
    /// publish() forgets what it is told.
    [[nodiscard]] virtual bool publishes() const = 0;
};

struct Provider {
    std::string_view name;
    /// `config` is the object `provider-config`; errors name the key below it.
    Result<std::unique_ptr<SeedStore>> (*open)(const nlohmann::json& config,
                                               boost::asio::io_context& loop);
    /// It forgets who did not publish for `expiry`, a key of its config.
    bool expires = false;
};
/// Case-insensitive; the error lists the names and suggests one.
[[nodiscard]] Result<const Provider*> find_provider(std::string_view name);

struct ProviderConfig {
    std::string name;
    nlohmann::json config = nlohmann::json::object();
};
/// The stores in their order as one. It fetches from the first and goes on to the next while one
/// fails or knows nobody but us; the error names each that failed. Asked again, it begins behind
/// the one whose seeds it gave, since they cannot have led anywhere, and comes round to it last. It
/// publishes to all of them that publish, and fails if one did, naming it. Fails like the first
/// that cannot be opened, with its name in front; a single provider is opened as it is. Not empty,
/// asserted.
[[nodiscard]] Result<std::unique_ptr<SeedStore>> open_chain(
    const std::vector<ProviderConfig>& providers, boost::asio::io_context& loop);

/// Answers "which address do others reach this host at".
class AddressSource {
  public:
    using Resolved = std::function<void(Result<Endpoint>)>;
    virtual ~AddressSource() = default;
    /// An address, port 0.
    virtual void resolve(Resolved done) = 0;
};

struct Resolver {
    std::string_view name;
    /// `config` is the object `resolver-config`; errors name the key below it.
    Result<std::unique_ptr<AddressSource>> (*open)(const nlohmann::json& config,
                                                   boost::asio::io_context& loop);
};
/// Case-insensitive; the error lists the names and suggests one.
[[nodiscard]] Result<const Resolver*> find_resolver(std::string_view name);

/// One interface and its address, for -enumerate-network and for the resolvers.
struct InterfaceAddress {
    std::string interface;
    Endpoint address;
    bool up = false;
    bool loopback = false;
    bool global = false;  ///< Neither loopback, link-local, multicast nor unspecified.
};
[[nodiscard]] Result<std::vector<InterfaceAddress>> enumerate_network();

}  // namespace scrimp::providers
