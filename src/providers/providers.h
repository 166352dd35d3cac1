// Where seeds come from and who we are: the two tables of plug-ins, one file a row.
//
// A SeedStore holds the addresses of load balancers. Its calls return at once and answer later, on
// the event loop, exactly once: a store may be a file, a network service or a helper process. One
// call of each kind is under way at a time. Destroying the store cancels what is under way.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <nlohmann/json_fwd.hpp>

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
    /// Adds `self` unless it is there.
    virtual void publish(const Endpoint& self, Published done) = 0;
};

struct Provider {
    std::string_view name;
    /// `config` is the object `provider-config`; errors name the key below it.
    Result<std::unique_ptr<SeedStore>> (*open)(const nlohmann::json& config,
                                               const boost::asio::any_io_executor& loop);
};
/// Case-insensitive; the error lists the names and suggests one.
[[nodiscard]] Result<const Provider*> find_provider(std::string_view name);

/// Answers "which address do others reach this host at": an address, port 0.
struct Resolver {
    std::string_view name;
    Result<Endpoint> (*resolve)(const nlohmann::json& config);
    /// Whether resolve() has the settings it needs; asks nobody. `config` is the object
    /// `resolver-config`; errors name the key below it.
    Result<void> (*check)(const nlohmann::json& config);
};
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
